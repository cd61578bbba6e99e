import { answerWith, expect, test } from './page.ts'

test('Markdown, code, tables and formulas are set', async ({ chat, page }) => {
  const text = [
    '## Rivers\n\nThe *Ebro* is **long**.\n\n',
    '| name | km |\n|---|---:|\n| Ebro | 930 |\n\n',
    '```python\nprint("Ebro")\n```\n\n',
    'Its area is $a^2$, and\n\n$$\\sum_{i=1}^n i = \\frac{n(n+1)}{2}$$\n\n',
    '- [x] done\n- [ ] open\n',
  ]
  await answerWith(page, ...text.map((content) => ({ content })))
  await chat.open()
  await chat.ask('Show me.')
  await expect(chat.last.getByRole('heading', { name: 'Rivers' })).toBeVisible()
  await expect(chat.last.getByRole('cell', { name: '930' })).toHaveCSS('text-align', 'end')
  await expect(chat.last.locator('.hljs-string')).toHaveText('"Ebro"')
  await expect(chat.last.locator('.katex-display math')).toHaveCount(1)
  await expect(chat.last.locator('.katex')).toHaveCount(2)
  await expect(chat.last).toContainText('☑ done')
  await chat.last.locator('.code').getByRole('button', { name: 'Copy' }).click()
  await expect(chat.last.locator('.code').getByRole('button')).toHaveText(/Copied|Not copied/)
})

test('reasoning is folded', async ({ chat, page }) => {
  await answerWith(
    page,
    { reasoning_content: 'Think of ' },
    { reasoning_content: 'rivers.' },
    { content: 'The Ebro.' },
  )
  await chat.open()
  await chat.ask('A river?')
  await expect(chat.last).toContainText('The Ebro.')
  await expect(page.getByText('Think of rivers.')).toBeHidden()
  await chat.last.getByText('Reasoning').click()
  await expect(page.getByText('Think of rivers.')).toBeVisible()
})

test('a tool’s call is folded, and its result goes back to the model', async ({ chat, page }) => {
  const call = { index: 0, id: 'call-1', function: { name: 'get_time', arguments: '' } }
  await answerWith(
    page,
    { tool_calls: [call] },
    { tool_calls: [{ index: 0, function: { arguments: '{"zone":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ' "Madrid"}' } }] },
  )
  await chat.open()
  await chat.ask('What time is it?')
  await chat.last.getByText('Calls get_time').click()
  await expect(chat.last.locator('pre')).toHaveText('{\n  "zone": "Madrid"\n}')
  await page.unroute('**/v1/chat/completions')
  const asked = await answerWith(page, { content: 'It is noon.' })
  await page.getByRole('textbox', { name: 'What the tool gives back: get_time' }).fill('12:00')
  await page.getByRole('button', { name: 'Send result' }).click()
  await expect(chat.last).toContainText('It is noon.')
  expect(asked[0]!['messages']).toEqual([
    { role: 'user', content: 'What time is it?' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [
        { id: 'call-1', type: 'function', function: { name: 'get_time', arguments: '{"zone": "Madrid"}' } },
      ],
    },
    { role: 'tool', content: '12:00', tool_call_id: 'call-1' },
  ])
})

test('a fast answer changes its last block only, once a frame', async ({ chat, page }) => {
  await page.addInitScript(() => {
    const real = window.fetch
    window.fetch = (input, init) => {
      if (!String(input).endsWith('/v1/chat/completions')) return real(input, init)
      const encoder = new TextEncoder()
      let n = 0
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          for (let i = 0; i < 10; i++, n++) {
            const content = n % 40 === 39 ? '\n\n' : `word${n} `
            const event = { choices: [{ index: 0, delta: { content }, finish_reason: null }] }
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`))
          }
          if (n >= 3_000) {
            controller.enqueue(encoder.encode('data: [DONE]\n\n'))
            controller.close()
          }
          await new Promise((resolve) => setTimeout(resolve))
        },
      })
      return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
    }
    // Counts, for each block, the frames in which its content changed after a later block began.
    const counts = { late: 0, changes: 0, frames: 0 }
    Object.assign(window, { counts })
    const frame = () => {
      counts.frames++
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    new MutationObserver((records) => {
      counts.changes++
      for (const record of records) {
        const block = (record.target as Element).closest?.('.block')
        if (!block || record.target !== block) continue
        const all = [...block.parentElement!.children]
        if (all.indexOf(block) < all.length - 3) counts.late++
      }
    }).observe(document, { childList: true, subtree: true })
  })
  await chat.open()
  await chat.ask('Go.')
  await expect(chat.last.locator('.block')).toHaveCount(75)
  await expect(chat.last).toContainText('word2998')
  const counts = await page.evaluate(() => (window as unknown as { counts: Record<string, number> }).counts)
  expect(counts['late']).toBeLessThan(75) // one for each block, where a slow frame began several; all of them again would be thousands
  expect(counts['changes']).toBeLessThan(3 * counts['frames']!)
})
