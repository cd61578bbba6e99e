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
  await expect(page.getByRole('combobox', { name: 'Model' }).getByRole('option').first()).toBeAttached()
  await expect(dialog).toBeHidden()
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
