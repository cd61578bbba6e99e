import { expect, test } from './page.ts'

const TEXT = 'Once upon a time there was a'

test('the model goes on with a text, and that can be undone', async ({ chat, page }) => {
  await chat.open('/#/notebook')
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill(TEXT)
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('12')
  await text.press('Control+Enter')
  await expect.poll(async () => (await text.inputValue()).length).toBeGreaterThan(TEXT.length + 20)
  await expect(page.getByRole('button', { name: 'Write on' })).toBeEnabled()
  expect(await text.inputValue()).toMatch(new RegExp(`^${TEXT} `))
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(text).toHaveValue(TEXT)
})

test('a session is kept, and reads only what is new', async ({ chat, page }) => {
  const sent: string[] = []
  let sockets = 0
  page.on('websocket', (socket) => {
    sockets++
    socket.on('framesent', ({ payload }) => sent.push(String(payload)))
  })
  await chat.open('/#/notebook')
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill(TEXT)
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('8')
  await text.press('Control+Enter')
  await expect(page.getByText(/Session open/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Write on' })).toBeEnabled()
  await text.press('Control+End')
  await text.pressSequentially(' And')
  sent.length = 0
  await text.press('Control+Enter')
  await expect.poll(() => sent.length).toBeGreaterThan(1)
  await expect(page.getByRole('button', { name: 'Write on' })).toBeEnabled()
  expect(sockets).toBe(1)
  expect(JSON.parse(sent[0]!)).toMatchObject({ type: 'generate', inputs: ' And' })
})

test('the chosen model is the notebook’s as well', async ({ chat, page }) => {
  const opened: unknown[] = []
  const asked: unknown[] = []
  await page.route('**/v1/models', async (route) => {
    const response = await route.fetch()
    const { data } = (await response.json()) as { data: { id: string }[] }
    const adapter = { id: 'verse', parent: data[0]!.id }
    await route.fulfill({ response, json: { data: [...data, adapter] } })
  })
  await page.route('**/completion', async (route) => {
    asked.push(route.request().postDataJSON())
    await route.fulfill({ contentType: 'text/event-stream', body: 'data: {"content":"!","stop":true}\n\n' })
  })
  await page.routeWebSocket('**/api/v2/generate', (socket) =>
    socket.onMessage((message) => {
      opened.push(JSON.parse(String(message)))
      socket.send('{"ok": true, "outputs": "!", "stop": true}')
    }),
  )
  await chat.open('/#/notebook')
  await page.getByRole('combobox', { name: 'Model' }).selectOption('verse')
  await page.getByRole('textbox', { name: 'Text' }).fill('Roses are')
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('1')
  await page.getByRole('button', { name: 'Write on' }).click()
  await expect.poll(() => opened.length).toBe(2)
  expect(opened[0]).toMatchObject({ type: 'open_inference_session', model: 'verse' })
  await page.getByRole('checkbox', { name: 'Show probabilities' }).check()
  await page.getByRole('button', { name: 'Write on' }).click()
  await expect.poll(() => asked.length).toBe(1)
  expect(asked[0]).toMatchObject({ lora: [{ name: 'verse', scale: 1 }] })
})

test('probabilities show, and another token can be taken', async ({ chat, page }) => {
  await chat.open('/#/notebook')
  await page.getByRole('textbox', { name: 'Text' }).fill(TEXT)
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('6')
  await page.getByRole('checkbox', { name: 'Show probabilities' }).check()
  await page.getByRole('button', { name: 'Write on' }).click()
  const tokens = page.getByRole('toolbar', { name: 'Written tokens' }).getByRole('button')
  await expect(tokens).toHaveCount(6)
  await tokens.nth(1).hover()
  const likeliest = page.getByRole('region', { name: 'Likeliest here' })
  await expect(likeliest.getByRole('button')).toHaveCount(8)
  const percents = await likeliest.getByRole('button').allTextContents()
  const numbers = percents.map((text) => Number(/([\d.]+) %$/.exec(text)![1]))
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a))
  await tokens.first().focus()
  await page.keyboard.press('ArrowRight')
  await expect(tokens.nth(1)).toBeFocused()
  const first = await tokens.first().textContent()
  const other = likeliest.getByRole('button').nth(2)
  const taken = (await other.locator('.token').textContent())!.replace('␣', ' ')
  await other.click()
  await page.getByRole('button', { name: 'Back to the text' }).click()
  const text = await page.getByRole('textbox', { name: 'Text' }).inputValue()
  expect(text.startsWith(TEXT + first + taken)).toBe(true)
})

test('a hole in the text is sent to be filled', async ({ chat, page }) => {
  let asked: unknown
  await page.route('**/infill', async (route) => {
    asked = route.request().postDataJSON()
    const events = [
      { content: 'return a', stop: false },
      { content: ' + b', stop: false },
      { content: '', stop: true },
    ]
    await route.fulfill({
      contentType: 'text/event-stream',
      body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
    })
  })
  await chat.open('/#/notebook')
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill('def add(a, b):\n    ')
  await page.getByRole('button', { name: 'Make a hole here' }).click()
  await text.press('Control+End')
  await text.pressSequentially('\n\nadd(1, 2)')
  await page.getByRole('button', { name: 'Fill the hole' }).click()
  await expect(text).toHaveValue('def add(a, b):\n    return a + b\n\nadd(1, 2)')
  expect(asked).toMatchObject({
    input_prefix: 'def add(a, b):\n    ',
    input_suffix: '\n\nadd(1, 2)',
    stream: true,
  })
})

test('what the server can’t do is told plainly', async ({ chat, page }) => {
  await chat.open('/#/notebook')
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill('a ⟦…⟧ b')
  await page.getByRole('button', { name: 'Fill the hole' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(text).toHaveValue('a ⟦…⟧ b')
})
