import { eventData } from './events.ts'
import { Fault } from './fault.ts'
import { keyStore } from './key.ts'

/** Asks the server that the page came from, at a path beside the page's own. Throws a {@link Fault} where it does not answer as hoped. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  const key = keyStore.get()
  if (key) headers.set('Authorization', `Bearer ${key}`)
  let response: Response
  try {
    response = await fetch(`.${path}`, { ...init, headers, cache: 'no-store' })
  } catch (thrown) {
    if (init.signal?.aborted) throw thrown
    throw Fault.of(thrown)
  }
  if (!response.ok) throw await Fault.ofResponse(response)
  return response
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal ? { signal } : {})
  return (await response.json()) as T
}

/** Sends JSON and gives each event of the answer, parsed, up to `[DONE]`. */
export async function* postStream<T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  if (!response.body) throw new Fault('cut')
  try {
    for await (const data of eventData(response.body)) {
      if (data === '[DONE]') return
      const event: unknown = JSON.parse(data)
      if (event !== null && typeof event === 'object' && 'error' in event) throw Fault.ofBody(0, data)
      yield event as T
    }
  } catch (thrown) {
    if (signal.aborted || thrown instanceof Fault) throw thrown
    throw new Fault('cut', { detail: thrown instanceof Error ? thrown.message : '' })
  }
}
