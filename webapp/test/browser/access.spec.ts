import { expectNoViolations } from './axe.ts'
import { answerWith, expect, test } from './page.ts'

const ANSWER =
  '## Title\n\nText with `code` and a [link](https://example.com).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst a = "b" // c\n```\n\n$x^2$\n\n> quoted'

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`axe finds nothing, ${scheme}, ${width} wide`, async ({ chat, page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 800 })
      await answerWith(page, { reasoning_content: 'Hm.' }, { content: ANSWER })
      await chat.open()
      await expectNoViolations(page)
      await chat.ask('Show me.')
      await expect(chat.last.locator('.katex')).toBeVisible()
      await expect(chat.last.locator('.hljs-string')).toBeVisible()
      await chat.last.getByText('Reasoning').click()
      await chat.questions.first().hover()
      await expectNoViolations(page)
      await page.getByRole('button', { name: /^Settings/ }).click()
      for (const group of await page.getByRole('dialog').locator('summary').all()) {
        if (!(await group.evaluate((each) => (each.parentElement as HTMLDetailsElement).open)))
          await group.click()
      }
      await expectNoViolations(page)
      await page.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('link', { name: 'Notebook' }).click()
      await expect(page.getByRole('textbox', { name: 'Text' })).toBeVisible()
      await expectNoViolations(page)
      await page.getByRole('link', { name: 'Status' }).click()
      await expect(page.getByRole('img', { name: /^Requests/ })).toBeVisible()
      await expectNoViolations(page)
    })
  }
}

test('axe finds nothing in the notebook’s probabilities, nor in dialogs', async ({ chat, page }) => {
  await chat.open('/#/notebook')
  await page.getByRole('textbox', { name: 'Text' }).fill('The sea is')
  await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('4')
  await page.getByRole('checkbox', { name: 'Show probabilities' }).check()
  await page.getByRole('button', { name: 'Write on' }).click()
  await expect(page.getByRole('region', { name: 'Likeliest here' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Write on' })).toBeEnabled()
  await expectNoViolations(page)
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
  await expectNoViolations(page)
})

test('everything can be done from the keyboard', async ({ chat, page }) => {
  await answerWith(page, { content: 'One.' })
  await chat.open()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Alt+i')
  await expect(chat.input).toBeFocused()
  await page.keyboard.type('First')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('line')
  await page.keyboard.press('Enter')
  await chat.whole()
  await expect(chat.questions.first()).toContainText('First\nline')
  await page.keyboard.press('ArrowUp')
  await expect(page.getByRole('textbox', { name: 'Edit the message' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Alt+Comma')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeHidden()
  await page.keyboard.press('Alt+2')
  await expect(page).toHaveURL(/#\/notebook/)
  await page.keyboard.press('Alt+n')
  await expect(chat.input).toBeFocused()
  await page.keyboard.press('Alt+k')
  await expect(page.getByRole('searchbox')).toBeFocused()
})

test('a screen reader hears when an answer begins and when it is whole', async ({ chat, page }) => {
  await chat.open()
  const said: string[] = []
  await page.exposeFunction('hear', (text: string) => said.push(text))
  await page.evaluate(() => {
    const status = document.querySelector('.offscreen[role=status]')!
    const hear = (window as unknown as { hear(text: string): void }).hear
    new MutationObserver(() => hear(status.textContent ?? '')).observe(status, {
      childList: true,
      characterData: true,
      subtree: true,
    })
  })
  await chat.ask('Hello.')
  expect(said).toEqual(['The model is answering', 'The answer is complete'])
})

for (const [locale, language, dir, send] of [
  ['es-MX', 'es', 'ltr', 'Enviar'],
  ['zh-CN', 'zh', 'ltr', '发送'],
  ['ar-EG', 'ar', 'rtl', 'إرسال'],
] as const) {
  test.describe(`in ${language}`, () => {
    test.use({ locale })

    test('the page speaks the browser’s language, and runs its way', async ({ page }) => {
      await answerWith(page, { content: 'مرحبا **بك**' })
      await page.goto('/')
      await expect(page.locator('html')).toHaveAttribute('lang', language)
      await expect(page.locator('html')).toHaveAttribute('dir', dir)
      await page.locator('[data-main-input]').fill('hola')
      await page.getByRole('button', { name: send, exact: true }).click()
      await expect(page.locator('.markdown strong')).toHaveText('بك')
      const side = await page.locator('aside').boundingBox()
      expect(side!.x > 500).toBe(dir === 'rtl')
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
      expect(wide).toBe(false)
      await expectNoViolations(page)
    })
  })
}
