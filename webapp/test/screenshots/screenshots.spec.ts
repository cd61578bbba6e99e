import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chunks, expect, test } from '../browser/page.ts'

const IMAGES = join(dirname(fileURLToPath(import.meta.url)), '../../../docs/images')
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 390, height: 780 }

const ANSWER = `The sum of the first $n$ whole numbers has a closed form:

$$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$$

As a function:

\`\`\`python
def total(n: int) -> int:
    """The sum of 1, 2, … n."""
    return n * (n + 1) // 2
\`\`\`

| n | sum |
|---:|---:|
| 10 | 55 |
| 100 | 5050 |`

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    test(`${scheme}, ${name}`, async ({ chat, page }) => {
      const shoot = (what: string) =>
        page.screenshot({ path: join(IMAGES, `${what}-${scheme}-${name}.png`), animations: 'disabled' })
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.setViewportSize(viewport)
      let answers = ['Rivers', ANSWER]
      await page.route('**/v1/chat/completions', (route) =>
        route.fulfill({
          contentType: 'text/event-stream',
          body: chunks(...(answers.shift() ?? '').split(/(?<= )/).map((content) => ({ content }))),
        }),
      )
      await chat.open()
      await chat.ask('Which rivers cross Spain?')
      await page.goto('/#/chat')
      await chat.ask('How do I add up the numbers from 1 to n?')
      await expect(chat.last.locator('.katex').first()).toBeVisible()
      await expect(chat.last.locator('.hljs-keyword').first()).toBeVisible()
      await page.evaluate(() => document.fonts.ready)
      await page.mouse.move(0, 0)
      await shoot('chat')

      await page.goto('/#/notebook')
      await page.getByRole('textbox', { name: 'Text' }).fill('Once upon a time, there was a little')
      await page.getByRole('spinbutton', { name: 'Tokens to write' }).fill('40')
      await page.getByRole('checkbox', { name: 'Show probabilities' }).check()
      await page.getByRole('button', { name: 'Write on' }).click()
      await expect(page.getByRole('button', { name: 'Write on' })).toBeVisible()
      await page.getByRole('toolbar').getByRole('button').nth(7).hover()
      await shoot('notebook')

      for (const text of ['The sea', 'The sky']) {
        void page.request
          .post('/completion', { data: { prompt: text, n_predict: 1500, ignore_eos: true } })
          .catch(() => undefined)
      }
      await page.goto('/#/status')
      await page.waitForTimeout(26_000) // a chart of some seconds
      await shoot('status')
    })
  }
}
