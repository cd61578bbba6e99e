import { expectNoViolations } from './axe.ts'
import { expect, test } from './page.ts'

const OWN_PORT = process.env['CORRAL_EASYLM_URL'] ?? 'http://127.0.0.1:5007'
const KEYED = process.env['CORRAL_KEYED_URL'] ?? 'http://127.0.0.1:8081'

test.describe('on a port of its own', () => {
  test.use({ baseURL: OWN_PORT })

  test('a dialogue goes along in its context', async ({ page }) => {
    const asked: { prompt: string; context: string; temperature: number }[] = []
    const contexts: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(request.postDataJSON())
    })
    page.on('response', async (response) => {
      if (response.request().method() === 'POST')
        contexts.push(((await response.json()) as { context: string }).context)
    })
    await page.goto('/')
    await expect(page.getByText('Ask for something short.')).toBeVisible()
    const slider = page.getByRole('slider', { name: 'Temperature' })
    await expect(slider).toHaveValue('1')
    await slider.fill('0')
    const input = page.getByRole('textbox', { name: 'Your message' })
    const answers = page.locator('.turn.model')
    await input.fill('Say hello.')
    await input.press('Enter')
    await expect(answers).toHaveText(/\w/)
    const first = await answers.textContent()
    await input.fill('And again.')
    await page.getByRole('button', { name: 'Send' }).click()
    await expect(answers.last()).toHaveText(/\w/)
    await expect(page.locator('.turn.user')).toHaveCount(2)
    expect(asked.map(({ context, temperature }) => [context, temperature])).toEqual([
      ['', 0],
      [contexts[0], 0],
    ])
    expect(contexts[0]).toContain(first)
    await page.getByRole('button', { name: 'Regenerate' }).click()
    await expect.poll(() => contexts.length).toBe(3)
    expect(asked[2]).toEqual(asked[1])
    expect(contexts[2]).toBe(contexts[1])
    await page.getByRole('button', { name: 'Reset' }).click()
    await expect(page.locator('.turn')).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Regenerate' })).toBeDisabled()
  })

  for (const scheme of ['light', 'dark'] as const) {
    test(`axe finds nothing, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width: 390, height: 700 })
      await page.goto('/')
      await page.getByRole('textbox', { name: 'Your message' }).fill('Hello.')
      await page.keyboard.press('Enter')
      await expect(page.locator('#status')).toHaveText('The answer is complete')
      await expectNoViolations(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    })
  }
})

test.describe('before a server with keys', () => {
  test.use({ baseURL: KEYED })

  test('the page asks for a key, and talks with it', async ({ page }) => {
    await page.goto('/easylm')
    await page.getByRole('slider', { name: 'Temperature' }).fill('0')
    await page.getByRole('textbox', { name: 'Your message' }).fill('Hello.')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'API key' })
    await dialog.getByLabel('Key').fill('open-sesame')
    await dialog.getByRole('button', { name: 'Use this key' }).click()
    await expect(dialog).toBeHidden()
    await expect(page.locator('.turn.model')).toHaveText(/\w{2}/)
    await expect(page.locator('.turn.error')).toHaveCount(0)
  })
})
