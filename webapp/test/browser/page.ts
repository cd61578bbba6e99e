import { test as base, expect, type Page, type Route } from '@playwright/test'

export { expect }

/** Settings that a test begins with: short answers that come out the same each time. */
const SETTINGS = { numbers: { temperature: 0, max_tokens: 48, seed: 1 } }

interface Begin {
  /** Settings in place of the short, repeatable ones. */
  saved: Record<string, unknown>
}

/**
 * A page of the chat, watched: no request leaves the server it came from, nothing breaks the policy of the page, and nothing
 * is thrown.
 */
export const test = base.extend<Begin & { chat: ChatDriver }>({
  saved: [SETTINGS, { option: true }],
  page: async ({ page, saved, baseURL }, use) => {
    const wrong: string[] = []
    const origin = new URL(baseURL!).origin
    page.on('pageerror', (error) => wrong.push(`thrown: ${error.message}`))
    page.on('console', (message) => {
      if (/Content Security Policy|TrustedHTML|TrustedScript/i.test(message.text()))
        wrong.push(message.text())
    })
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== new URL(origin).host) {
        wrong.push(`asked ${request.url()}`)
      }
    })
    await page.addInitScript((settings) => {
      if (!localStorage.getItem('corral.settings')) localStorage.setItem('corral.settings', settings)
    }, JSON.stringify(saved))
    await use(page)
    expect(wrong).toEqual([])
  },
  chat: async ({ page }, use) => {
    await use(new ChatDriver(page))
  },
})

/** What a person does with the chat. */
export class ChatDriver {
  constructor(readonly page: Page) {}

  get input() {
    return this.page.getByRole('textbox', { name: 'Message', exact: true })
  }

  get answers() {
    return this.page.getByRole('article', { name: 'Model' })
  }

  get questions() {
    return this.page.getByRole('article', { name: 'You' })
  }

  get last() {
    return this.answers.last()
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(path)
    await this.known()
  }

  /** Waits until the server has told the page what it is; before that, nothing can be chosen here. */
  async known(): Promise<void> {
    await expect(this.page.getByRole('combobox', { name: 'Model' })).toBeEnabled()
  }

  async send(text: string): Promise<void> {
    await this.input.fill(text)
    await this.input.press('Enter')
  }

  /** Sends, and waits until the answer is whole. */
  async ask(text: string): Promise<void> {
    await this.send(text)
    await this.whole()
  }

  async whole(): Promise<void> {
    await expect(this.last).toHaveAttribute('aria-busy', 'false')
    await expect(this.page.getByRole('button', { name: 'Send', exact: true })).toBeVisible()
  }
}

/** A stream of chat chunks as the server sends them. */
export function chunks(...deltas: Record<string, unknown>[]): string {
  const events = deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }))
  const timings = {
    cache_n: 3,
    prompt_n: 9,
    prompt_ms: 20,
    prompt_per_second: 450,
    predicted_n: deltas.length,
    predicted_ms: 100,
    predicted_per_second: 88.5,
  }
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], timings }
  return [...events, end].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n'
}

/** Answers chat requests with such a stream, and notes what was asked. */
export async function answerWith(
  page: Page,
  ...deltas: Record<string, unknown>[]
): Promise<Record<string, unknown>[]> {
  const asked: Record<string, unknown>[] = []
  await page.route('**/v1/chat/completions', async (route: Route) => {
    asked.push(route.request().postDataJSON() as Record<string, unknown>)
    await route.fulfill({ contentType: 'text/event-stream', body: chunks(...deltas) })
  })
  return asked
}
