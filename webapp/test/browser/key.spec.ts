import { expect, test } from './page.ts'

test.use({ baseURL: process.env['CORRAL_KEYED_URL'] ?? 'http://127.0.0.1:8081' })

test('a server with keys asks for one, and answers with it', async ({ chat, page }) => {
  await page.goto('/')
  const dialog = page.getByRole('dialog', { name: 'API key' })
  await expect(dialog).toBeVisible()
  await dialog.getByLabel('Key', { exact: true }).fill('wrong')
  await dialog.getByRole('button', { name: 'Use this key' }).click()
  await expect(dialog.getByRole('alert')).toHaveText('The server did not accept this key.')
  await dialog.getByLabel('Key', { exact: true }).fill('open-sesame')
  await dialog.getByLabel('Remember it on this device').check()
  await dialog.getByRole('button', { name: 'Use this key' }).click()
  await expect(dialog).toBeHidden()
  await chat.ask('Say hello.')
  await expect(chat.last.locator('.markdown')).not.toBeEmpty()
  await page.reload()
  await chat.known()
  await expect(dialog).toBeHidden()
})

test('the notebook’s session has the key, and no address does', async ({ chat, page }) => {
  const addresses: string[] = []
  page.on('websocket', (socket) => addresses.push(socket.url()))
  await page.goto('/#/notebook')
  const dialog = page.getByRole('dialog', { name: 'API key' })
  await dialog.getByLabel('Key', { exact: true }).fill('open-sesame')
  await dialog.getByRole('button', { name: 'Use this key' }).click()
  await chat.known()
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill('Once upon a time')
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('6')
  await text.press('Control+Enter')
  await expect(page.getByText(/Session open/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Write on' })).toBeEnabled()
  expect((await text.inputValue()).length).toBeGreaterThan('Once upon a time'.length + 6)
  expect(addresses).toEqual([
    new URL('/api/v2/generate', page.url().replace('http', 'ws')).href.replace(/#.*/, ''),
  ])
})

test('a key that is wrong opens no session', async ({ page }) => {
  await page.goto('/')
  const outcomes = await page.evaluate(async () => {
    const opened = (protocols: string[]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(
          new URL('/api/v2/generate', location.href.replace('http', 'ws')),
          protocols,
        )
        socket.onopen = () => resolve(`open, ${socket.protocol}`)
        socket.onerror = () => resolve('refused')
      })
    const bearer = (key: string) => `corral.bearer.${btoa(key).replaceAll('=', '')}`
    return [
      await opened([]),
      await opened(['corral', bearer('wrong')]),
      await opened(['corral', bearer('open-sesame')]),
    ]
  })
  expect(outcomes).toEqual(['refused', 'refused', 'open, corral'])
})

test('without a key the way to one stays open', async ({ chat, page }) => {
  await page.goto('/')
  await page.keyboard.press('Escape')
  await chat.send('Hello?')
  await expect(chat.last.getByRole('alert')).toContainText('The server wants an API key.')
  await page.keyboard.press('Escape')
  await chat.last.getByRole('button', { name: 'Enter key' }).click()
  await expect(page.getByRole('dialog', { name: 'API key' })).toBeVisible()
})
