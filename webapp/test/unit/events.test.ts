import { expect, test } from 'vitest'
import { eventData } from '../../src/api/events.ts'

function streamOf(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      controller.close()
    },
  })
}

async function all(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const data: string[] = []
  for await (const each of eventData(stream)) data.push(each)
  return data
}

test('gives the data of each event', async () => {
  expect(await all(streamOf('data: a\n\ndata: b\n\n'))).toEqual(['a', 'b'])
})

test('does not depend on where the stream was cut', async () => {
  const whole = new TextEncoder().encode(': beat\n\ndata: {"x":"é漢🙂"}\r\n\r\ndata:[DONE]\n\n')
  for (let cut = 1; cut < whole.length; cut++) {
    expect(await all(streamOf(whole.slice(0, cut), whole.slice(cut)))).toEqual(['{"x":"é漢🙂"}', '[DONE]'])
  }
})

test('joins lines of one event and leaves out other fields', async () => {
  expect(await all(streamOf('event: x\nid: 1\ndata: a\ndata: b\n\n'))).toEqual(['a\nb'])
})

test('gives an event that the end of the stream ends', async () => {
  expect(await all(streamOf('data: a\n\ndata: b'))).toEqual(['a', 'b'])
})
