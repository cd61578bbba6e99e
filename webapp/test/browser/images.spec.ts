import { answerWith, expect, test } from './page.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

test('a model that can’t see says so plainly', async ({ chat, page }) => {
  const props = (await (await page.request.get('/props')).json()) as { modalities: { vision: boolean } }
  test.skip(props.modalities.vision, 'this model sees')
  await chat.open()
  await page.getByRole('button', { name: 'Add pictures' }).click()
  await expect(page.getByText('This model can’t see pictures.').first()).toBeVisible()
  await chat.ask('Never mind.')
  await expect(chat.last.locator('.markdown')).not.toBeEmpty()
})

test.describe('with a model that sees', () => {
  test.beforeEach(async ({ page }) => {
    await page.route('**/props', async (route) => {
      const response = await route.fetch()
      const props = (await response.json()) as Record<string, unknown>
      await route.fulfill({ response, json: { ...props, modalities: { vision: true, audio: false } } })
    })
  })

  for (const way of ['picker', 'paste', 'drop'] as const) {
    test(`a picture goes along by ${way}`, async ({ chat, page }) => {
      const asked = await answerWith(page, { content: 'A pixel.' })
      await chat.open()
      if (way === 'picker') {
        const buffer = Buffer.from(PIXEL, 'base64')
        await page
          .locator('input[type=file][accept^=image]')
          .setInputFiles({ name: 'p.png', mimeType: 'image/png', buffer })
      } else {
        await chat.input.evaluate(
          (input, { base64, way }) => {
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
            const data = new DataTransfer()
            data.items.add(new File([bytes], 'p.png', { type: 'image/png' }))
            const init = { bubbles: true, cancelable: true }
            input.dispatchEvent(
              way === 'paste'
                ? new ClipboardEvent('paste', { ...init, clipboardData: data })
                : new DragEvent('drop', { ...init, dataTransfer: data }),
            )
          },
          { base64: PIXEL, way },
        )
      }
      await expect(page.getByRole('img', { name: 'Picture 1' })).toBeVisible()
      await chat.ask('What is it?')
      await expect(chat.questions.getByRole('img', { name: 'Picture 1' })).toBeVisible()
      expect(asked[0]!['messages']).toEqual([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ])
    })
  }

  test('a file that is no picture is named as such', async ({ chat, page }) => {
    await chat.open()
    const buffer = Buffer.from('not a picture')
    await page
      .locator('input[type=file][accept^=image]')
      .setInputFiles({ name: 'p.png', mimeType: 'image/png', buffer })
    await expect(page.getByText('That file is no picture that can be read.').first()).toBeVisible()
  })

  test('a picture that is chosen before the server has answered is not refused', async ({ chat, page }) => {
    let answer = () => {}
    const asked = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/v1/models', async (route) => {
      await asked
      await route.continue()
    })
    await page.goto('/')
    await page.locator('input[type=file][accept^=image]').setInputFiles({
      name: 'p.png',
      mimeType: 'image/png',
      buffer: Buffer.from(PIXEL, 'base64'),
    })
    await expect(page.getByRole('combobox', { name: 'Model' })).toBeDisabled()
    answer()
    await expect(page.getByRole('img', { name: 'Picture 1' })).toBeVisible()
    await expect(page.getByText('This model can’t see pictures.')).toHaveCount(0)
    await chat.known()
  })
})
