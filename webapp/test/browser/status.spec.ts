import { expect, test } from './page.ts'

test.use({ saved: { numbers: { temperature: 0, max_tokens: 400 }, ignoreEos: true } })

test('slots, requests and the cache are shown as they change', async ({ chat, page }) => {
  await chat.open()
  await chat.send('Tell me about the sea.')
  await expect(chat.last.locator('.markdown')).toContainText(/\w{3,}/)
  await page.getByRole('link', { name: 'Status' }).click()
  await expect(page.getByRole('img', { name: /^Requests: now/ })).toBeVisible()
  await expect(page.getByRole('img', { name: /^KV cache: now/ })).toBeVisible()
  const running = page.getByRole('article').filter({ hasText: 'answering' })
  await expect(running).not.toHaveCount(0) // other tests may have one, too
  await expect(page.getByRole('article').filter({ hasText: 'Slot' })).toHaveCount(2)
  await page.getByRole('link', { name: 'Chat' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()
  await chat.whole()
  await page.getByRole('link', { name: 'Status' }).click()
  await expect(page.getByRole('article').filter({ hasText: 'free' })).not.toHaveCount(0)
})

test('throughput and queue come from the server’s metrics', async ({ chat, page }) => {
  let written = 0
  await page.route('**/metrics', (route) =>
    route.fulfill({
      contentType: 'text/plain',
      body: `llamacpp:tokens_predicted_total ${(written += 40)}\nllamacpp:prompt_tokens_total 7\nllamacpp:requests_processing 2\nllamacpp:requests_deferred 5\nllamacpp:kv_cache_usage_ratio 0.5\n`,
    }),
  )
  await chat.open('/#/status')
  const speed = page.getByRole('img', { name: /^Tokens written: now/ })
  await expect(speed).toBeVisible()
  const label = await speed.getAttribute('aria-label')
  expect(Number(/now ([\d.]+)/.exec(label!)![1])).toBeGreaterThan(5)
  await expect(page.getByRole('figure').filter({ hasText: 'Requests' })).toContainText(
    /2 running.*5 waiting/s,
  )
  await expect(page.getByRole('figure').filter({ hasText: 'KV cache' })).toContainText('50 %')
})
