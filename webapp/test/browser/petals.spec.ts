import { expectNoViolations } from './axe.ts'
import { expect, test } from './page.ts'

const OWN_PORT = process.env['CORRAL_PETALS_URL'] ?? 'http://127.0.0.1:5000'
const KEYED = process.env['CORRAL_KEYED_URL'] ?? 'http://127.0.0.1:8081'

/** The page of Petals' chat. */
test.describe('on a port of its own', () => {
  test.use({ baseURL: OWN_PORT })

  test('a dialogue is one session, token by token', async ({ page }) => {
    const sent: { type: string; inputs?: string }[] = []
    const heard: { stop?: boolean }[] = []
    let sockets = 0
    page.on('websocket', (socket) => {
      sockets++
      socket.on('framesent', ({ payload }) => sent.push(JSON.parse(String(payload))))
      socket.on('framereceived', ({ payload }) => heard.push(JSON.parse(String(payload))))
    })
    await page.goto('/')
    const answers = page.locator('.turn.model')
    const say = async (text: string) => {
      await page.getByRole('textbox', { name: 'Your message' }).fill(text)
      await page.keyboard.press('Enter')
      await expect(page.getByRole('button', { name: 'Send' })).toBeVisible()
    }
    await say('What is the capital of France?')
    await expect(answers).toHaveText(/\w/)
    await expect(page.getByRole('status')).toHaveText(/tokens\/s$/)
    await say('And of Italy?')
    await expect(answers).toHaveCount(2)
    expect(sockets).toBe(1)
    expect(sent.map((message) => message.type)).toEqual(['open_inference_session', 'generate', 'generate'])
    expect(sent[2]!.inputs).toMatch(/^\n?Human: And of Italy\?\nAssistant:$/)
    expect(heard.filter((message) => message.stop === true)).toHaveLength(2)
    await page.getByRole('button', { name: 'New dialogue' }).click()
    await expect(answers).toHaveCount(0)
  })

  test('a text is stopped, and the dialogue goes on', async ({ page }) => {
    await page.goto('/')
    await page.getByRole('combobox', { name: 'Model' }).selectOption('Not for everybody')
    const input = page.getByRole('textbox', { name: 'Your message' })
    await input.fill('Tell me a story.')
    await input.press('Enter')
    await expect(page.locator('.turn.model')).toHaveText(/(\w+\W+){5}/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect(page.getByRole('status')).toHaveText('Stopped')
    await input.fill('Go on.')
    await input.press('Enter')
    await expect(page.locator('.turn.model').last()).toHaveText(/(\w+\W+){2}/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect(page.locator('.turn.error')).toHaveCount(0)
  })

  test('a session that is too short is followed by a longer one', async ({ page }) => {
    const lengths: number[] = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const message = JSON.parse(String(payload)) as { type: string; max_length: number }
        if (message.type === 'open_inference_session') lengths.push(message.max_length)
      }),
    )
    await page.goto('/')
    await page.getByRole('textbox', { name: 'Your message' }).fill('All work and no play. '.repeat(100))
    await page.keyboard.press('Enter')
    await expect(page.locator('.turn.model')).toHaveText(/\w/)
    await expect(page.getByRole('button', { name: 'Send' })).toBeVisible()
    expect(lengths).toEqual([512, 2048])
    await expect(page.locator('.turn.error')).toHaveCount(0)
  })

  test('a link of the configuration is one of the web, or none', async ({ page }) => {
    await page.goto('/')
    await expect(page.getByRole('link', { name: 'Model card' })).toHaveAttribute(
      'href',
      'https://example.com/card',
    )
    await expect(page.getByRole('link', { name: 'License' })).toHaveCount(0)
  })

  test('what the chat’s documentation shows works as it stands', async ({ page }) => {
    await page.goto('/')
    // the documentation's code, with another address; what it logs is gathered
    const logged = await page.evaluate(async () => {
      const lines: string[] = []
      const console = { log: (line: string) => lines.push(line) }
      const ws = new WebSocket(`ws://${location.host}/api/v2/generate`)
      ws.onopen = () => {
        const prompt = 'A cat sat on'
        const maxLength = 30
        ws.send(
          JSON.stringify({
            type: 'open_inference_session',
            model: 'stabilityai/StableBeluga2',
            max_length: maxLength,
          }),
        )
        ws.send(
          JSON.stringify({
            type: 'generate',
            inputs: prompt,
            max_length: maxLength,
            do_sample: 1,
            temperature: 0.6,
            top_p: 0.9,
          }),
        )
        ws.onmessage = (event) => {
          const response = JSON.parse(event.data as string)
          if (response.ok) {
            if (response.outputs === undefined) {
              console.log('Session opened, generating...')
            } else {
              console.log('Generated: ' + prompt + response.outputs)
              ws.close()
            }
          } else {
            console.log('Error: ' + response.traceback)
            ws.close()
          }
        }
      }
      await new Promise((resolve) => ws.addEventListener('close', resolve))
      return lines
    })
    expect(logged).toEqual([
      'Session opened, generating...',
      expect.stringMatching(/^Generated: A cat sat on.+/s),
    ])
  })

  for (const scheme of ['light', 'dark'] as const) {
    test(`axe finds nothing, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width: 390, height: 700 })
      await page.goto('/')
      await expectNoViolations(page)
      await page.getByRole('textbox', { name: 'Your message' }).fill('Hello.')
      await page.keyboard.press('Enter')
      await expect(page.getByRole('status')).toHaveText(/tokens\/s$/)
      await expectNoViolations(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    })
  }
})

test.describe('before a server with keys', () => {
  test.use({ baseURL: KEYED })

  test('the page asks for a key, and talks with it', async ({ page }) => {
    await page.goto('/petals')
    const dialog = page.getByRole('dialog', { name: 'API key' })
    await dialog.getByLabel('Key').fill('wrong')
    await dialog.getByRole('button', { name: 'Use this key' }).click()
    await expect(dialog).toContainText('The server did not accept this key.')
    await dialog.getByLabel('Key').fill('open-sesame')
    await dialog.getByRole('button', { name: 'Use this key' }).click()
    await expect(dialog).toBeHidden()
    await expect(page.getByRole('combobox', { name: 'Model' }).getByRole('option')).toHaveCount(1)
    await page.getByRole('textbox', { name: 'Your message' }).fill('Hello.')
    await page.keyboard.press('Enter')
    await expect(page.locator('.turn.model')).toHaveText(/\w/)
  })
})
