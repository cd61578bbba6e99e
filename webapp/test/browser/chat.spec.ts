import { readFile } from 'node:fs/promises'
import { expect, test } from './page.ts'

test('the first answer streams, and says what it cost', async ({ chat, page }) => {
  await chat.open()
  await chat.ask('Say hello.')
  await expect(chat.last).toContainText(/hello/i)
  await expect(chat.last.getByRole('list', { name: 'Speed and tokens of this answer' })).toContainText(
    /tokens\/s.*\d+ tokens.*prompt \d+.*cached/,
  )
  await expect(page.getByRole('link', { name: 'Say hello.' })).toHaveAttribute('aria-current', 'true')
  await expect(page).toHaveURL(/#\/chat\/.+/)
})

test('what was said before is read from the cache', async ({ chat }) => {
  await chat.open()
  await chat.ask('Say hello.')
  await chat.ask('Say it again.')
  const cached = await chat.last
    .getByRole('list')
    .getByText(/cached/)
    .textContent()
  expect(Number(/\d+/.exec(cached!)![0])).toBeGreaterThan(10)
})

test.describe('with long answers', () => {
  test.use({ saved: { numbers: { temperature: 0, max_tokens: 4000 }, ignoreEos: true } })

  test('an answer can be stopped and continued', async ({ chat, page }) => {
    await chat.open()
    await chat.send('Tell me a long story about a river.')
    await expect(chat.last.locator('.markdown')).toContainText(/\w{3,}.*\w{3,}/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await chat.whole()
    await expect(chat.last).toContainText('Stopped.')
    const before = await chat.last.locator('.markdown').textContent()
    const request = page.waitForRequest('**/v1/chat/completions')
    await chat.last.getByRole('button', { name: 'Continue' }).click()
    const messages = (await request).postDataJSON().messages as { role: string; content: string }[]
    expect(messages.at(-1)).toMatchObject({ role: 'assistant' })
    await expect
      .poll(async () => (await chat.last.locator('.markdown').textContent())!.length)
      .toBeGreaterThan(before!.length)
    await page.keyboard.press('Escape')
    await chat.whole()
    await expect(chat.answers).toHaveCount(1)
    await freed(page)
  })

  test('a page that is loaded again in mid-answer keeps what there was', async ({ chat, page }) => {
    await chat.open()
    await chat.send('Count from one to a thousand in words.')
    await expect
      .poll(async () => (await chat.last.locator('.markdown').textContent())!.length)
      .toBeGreaterThan(120)
    await page.reload()
    await expect(chat.last).toContainText('This answer broke off.')
    await expect(chat.last.locator('.markdown')).toContainText(/\w{3,}/)
    await expect(chat.last.getByRole('button', { name: 'Continue' })).toBeVisible()
    await freed(page)
  })

  test('another conversation can be looked at while an answer is written', async ({ chat, page }) => {
    await chat.open()
    await chat.send('Tell me about the sea.')
    await expect(chat.last.locator('.markdown')).toContainText(/\w{3,}/)
    await page.getByRole('button', { name: 'New chat' }).click()
    await expect(page.getByRole('heading', { name: 'What shall we talk about?' })).toBeVisible()
    await page.getByRole('link', { name: 'Tell me about the sea.' }).click()
    await expect(chat.last).toHaveAttribute('aria-busy', 'true')
    await page.getByRole('button', { name: 'Stop' }).click()
    await chat.whole()
    await freed(page)
  })
})

test('an edited message is a branch, and branches can be walked', async ({ chat, page }) => {
  await chat.open()
  await chat.ask('Name a fruit.')
  await chat.questions.first().hover()
  await chat.questions.first().getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('textbox', { name: 'Edit the message' })
  await expect(edit).toHaveValue('Name a fruit.')
  await edit.fill('Name a planet.')
  await edit.press('Enter')
  await chat.whole()
  await expect(chat.questions).toHaveText(/Name a planet/)
  await chat.questions.first().hover()
  await expect(chat.questions.first().getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
  await chat.questions.first().getByRole('button', { name: 'Previous version' }).click()
  await expect(chat.questions).toHaveText(/Name a fruit/)
  await expect(chat.answers).toHaveCount(1)
  await page.reload()
  await expect(chat.questions).toHaveText(/Name a fruit/)
})

test('another answer stands beside the first', async ({ chat }) => {
  await chat.open()
  await chat.ask('Name a color.')
  await chat.last.getByRole('button', { name: 'Regenerate' }).click()
  await chat.whole()
  await expect(chat.last.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
  await expect(chat.answers).toHaveCount(1)
})

test('a message can be deleted with what follows it', async ({ chat, page }) => {
  await chat.open()
  await chat.ask('One.')
  await chat.ask('Two.')
  page.on('dialog', (dialog) => void dialog.accept())
  await chat.questions.nth(1).hover()
  await chat.questions.nth(1).getByRole('button', { name: 'Delete from here on' }).click()
  await expect(chat.questions).toHaveCount(1)
  await page.reload()
  await expect(chat.questions).toHaveCount(1)
})

test('conversations are found, renamed, exported, deleted and imported', async ({ chat, page }) => {
  await chat.open()
  await chat.ask('Tell me of zebras.')
  await page.getByRole('button', { name: 'New chat' }).click()
  await chat.ask('Tell me of lions.')

  const search = page.getByRole('searchbox', { name: 'Search conversations' })
  await search.fill('zebras')
  await expect(page.getByRole('link', { name: 'Tell me of lions.' })).toBeHidden()
  await expect(page.getByRole('link', { name: 'Tell me of zebras.' })).toBeVisible()
  await search.fill('')

  await page.getByRole('button', { name: 'More for “Tell me of lions.”' }).click()
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Name of the conversation' }).fill('Big cats')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('link', { name: 'Big cats' })).toBeVisible()

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export all' }).click(),
  ])
  const file = JSON.parse(await readFile(await download.path(), 'utf8')) as {
    infos: unknown[]
    messages: unknown[]
  }
  expect(file.infos).toHaveLength(2)
  expect(file.messages).toHaveLength(4)

  page.on('dialog', (dialog) => void dialog.accept())
  for (const title of ['Big cats', 'Tell me of zebras.']) {
    await page.getByRole('link', { name: title }).hover()
    await page.getByRole('button', { name: `More for “${title}”` }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
  }
  await expect(page.getByText('Conversations appear here.')).toBeVisible()

  await page.locator('input[type=file][accept*=json]').setInputFiles(await download.path())
  await page.getByRole('link', { name: 'Big cats' }).click()
  await expect(chat.questions).toHaveText(/Tell me of lions/)
})

test('a system prompt is sent, and stays with its conversation', async ({ chat, page }) => {
  await chat.open()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('textbox', { name: 'System prompt' }).fill('Answer in one word.')
  await page.getByRole('button', { name: 'Close' }).click()
  const request = page.waitForRequest('**/v1/chat/completions')
  await chat.ask('Is water wet?')
  const messages = (await request).postDataJSON().messages as unknown[]
  expect(messages[0]).toEqual({ role: 'system', content: 'Answer in one word.' })
  await page.reload()
  await page.getByText('System prompt').click()
  await expect(page.getByText('Answer in one word.')).toBeVisible()
})

test('an answer follows a JSON schema', async ({ chat, page }) => {
  await chat.open()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByText('Form and order').click()
  await page.getByRole('combobox', { name: 'Form of the answer' }).selectOption('JSON by a schema')
  const schema = page.getByRole('textbox', { name: 'JSON schema' })
  await schema.fill('{"type": "object"')
  await expect(page.getByText('This is no valid JSON.')).toBeVisible()
  await schema.fill(
    '{"type": "object", "properties": {"sky": {"enum": ["blue", "red"]}}, "required": ["sky"]}',
  )
  await page.getByRole('button', { name: 'Close' }).click()
  await chat.ask('What color is the sky?')
  const text = await chat.last.locator('pre code').textContent()
  expect(['blue', 'red']).toContain((JSON.parse(text!) as { sky: string }).sky)
})

test('a setting is sent, and one out of range is named and not sent', async ({ chat, page }) => {
  await chat.open()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByText('Which tokens may be chosen').click()
  await page.getByRole('spinbutton', { name: 'Top k' }).fill('7')
  await page.getByRole('spinbutton', { name: 'Top p' }).fill('3')
  await expect(page.getByText('Must be from 0 to 1.')).toBeVisible()
  await page.getByRole('button', { name: 'Close' }).click()
  const request = page.waitForRequest('**/v1/chat/completions')
  await chat.ask('Hi.')
  const body = (await request).postDataJSON() as Record<string, unknown>
  expect(body).toMatchObject({ top_k: 7, temperature: 0, stream: true })
  expect(body).not.toHaveProperty('top_p')
})

/** Whether the server works for this page no more. */
async function freed(page: import('@playwright/test').Page): Promise<void> {
  await expect
    .poll(async () => {
      const slots = (await (await page.request.get('/slots')).json()) as {
        is_processing: boolean
        next_token: { n_decoded: number }[]
      }[]
      return slots.every((slot) => !slot.is_processing || slot.next_token[0]!.n_decoded < 200)
    })
    .toBe(true)
}
