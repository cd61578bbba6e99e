import { answerWith, expect, test } from './page.ts'

const CHAT = '**/v1/chat/completions'

test('a full queue says when to try again, and trying again works', async ({ chat, page }) => {
  await page.route(CHAT, (route) =>
    route.fulfill({
      status: 503,
      headers: { 'Retry-After': '4' },
      json: { error: { message: 'the queue is full', type: 'unavailable_error', code: 'server_busy' } },
    }),
  )
  await chat.open()
  await chat.send('Hello?')
  const alert = chat.last.getByRole('alert')
  await expect(alert).toContainText('The server has as much to do as it takes on. Try again in 4 s.')
  await page.unroute(CHAT)
  await answerWith(page, { content: 'Hello!' })
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(chat.last).toContainText('Hello!')
})

test('a server that is gone is told, and noticed when it is back', async ({ chat, page, context }) => {
  await chat.open()
  await context.setOffline(true)
  await chat.send('Hello?')
  await expect(chat.last.getByRole('alert')).toContainText('The server can’t be reached.')
  await expect(page.getByText('Trying again…')).toBeVisible()
  await context.setOffline(false)
  await expect(page.getByText('Trying again…')).toBeHidden()
  await chat.last.getByRole('button', { name: 'Try again' }).click()
  await chat.whole()
  await expect(chat.last.locator('.markdown')).not.toBeEmpty()
})

test('a conversation that is too long says what can be done', async ({ chat, page }) => {
  await chat.open()
  await chat.input.fill('All work and no play. '.repeat(4_000))
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(chat.last.getByRole('alert')).toContainText(
    'The conversation is longer than what the model can hold.',
  )
  await expect(chat.last.getByRole('alert')).toContainText('begin a new chat')
})

test('a field that the server refuses is named', async ({ chat, page }) => {
  await chat.open()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByText('Form and order').click()
  await page.getByRole('textbox', { name: 'Further fields' }).fill('{"top_p": 5}')
  await page.getByRole('button', { name: 'Close' }).click()
  await chat.send('Hello?')
  await expect(chat.last.getByRole('alert')).toContainText('The server refused the request.')
  await expect(chat.last.getByRole('alert')).toContainText('top_p')
})

test('an answer that breaks off stays, and says so', async ({ chat, page }) => {
  await page.route(CHAT, (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      body:
        'data: {"choices":[{"index":0,"delta":{"content":"Half an"},"finish_reason":null}]}\n\n' +
        'data: {"error":{"message":"the worker died","type":"server_error","code":"internal_error"}}\n\n',
    }),
  )
  await chat.open()
  await chat.send('Hello?')
  await expect(chat.last).toContainText('Half an')
  await expect(chat.last.getByRole('alert')).toContainText('The server had a fault.')
})

test('a model that is loading is waited for', async ({ chat, page }) => {
  let loading = true
  await page.route('**/props', (route) =>
    loading
      ? route.fulfill({
          status: 503,
          json: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
        })
      : route.continue(),
  )
  await page.goto('/')
  await expect(page.getByText('The model is loading…')).toBeVisible()
  loading = false
  await expect(page.getByText('The model is loading…')).toBeHidden()
  await chat.ask('Hello!')
})
