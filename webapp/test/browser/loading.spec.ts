import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from './page.ts'

const BUILT = join(dirname(fileURLToPath(import.meta.url)), '../../../build/webapp')
const MOST_BYTES = 300_000

test('the first load is below 300 KB gzipped', async ({ chat, page }) => {
  const paths: string[] = []
  page.on('response', (response) => paths.push(new URL(response.url()).pathname))
  await chat.open()
  await page.waitForLoadState('networkidle')
  const files = paths.filter((path) => path === '/' || /\.(js|css|svg|webmanifest|woff2)$/.test(path))
  expect(files.length).toBeGreaterThan(3)
  let bytes = 0
  for (const path of files) {
    const file = join(BUILT, path === '/' ? 'index.html' : path)
    bytes += (await stat(`${file}.gz`).catch(() => stat(file))).size
  }
  test.info().annotations.push({ type: 'first load', description: `${bytes} bytes gzipped` })
  console.log(`first load: ${bytes} bytes gzipped, ${files.length} files`)
  expect(bytes).toBeLessThan(MOST_BYTES)
})

test('files come compressed, assets to stay', async ({ request }) => {
  const html = await readFile(join(BUILT, 'index.html'), 'utf8')
  const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(html)![1]!
  const response = await request.get(script, { headers: { 'Accept-Encoding': 'br' } })
  expect(response.headers()['content-encoding']).toBe('br')
  expect(response.headers()['cache-control']).toContain('immutable')
  const page = await request.get('/', { headers: { 'Accept-Encoding': 'gzip' } })
  expect(page.headers()['content-encoding']).toBe('gzip')
  const again = await request.get('/', {
    headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': page.headers()['etag']! },
  })
  expect(again.status()).toBe(304)
})

test.describe('with its worker', () => {
  test.use({ serviceWorkers: 'allow' })

  test('the page opens without its server, with what was said', async ({ chat, page, context }) => {
    await chat.open()
    await chat.ask('Say hello.')
    const answer = await chat.last.locator('.markdown').textContent()
    await page.evaluate(() => navigator.serviceWorker.ready)
    await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(1)
    await context.setOffline(true)
    await page.reload()
    await expect(chat.last.locator('.markdown')).toHaveText(answer!)
    await expect(page.getByText('The server can’t be reached. Trying again…')).toBeVisible()
    await context.setOffline(false)
    await expect(page.getByText('Trying again…')).toBeHidden()
  })
})
