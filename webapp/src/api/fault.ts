/** Why a request was not answered, as far as it tells people what to do. */
export type FaultKind =
  | 'gone' // no server at the other end
  | 'key' // a key is needed, or the one given is wrong
  | 'loading'
  | 'busy' // the queue is full
  | 'limited' // this key may not use more for now
  | 'context' // the conversation is longer than the model's context
  | 'unsupported'
  | 'missing' // no such route or model
  | 'refused' // a field is wrong
  | 'broken' // a fault of the server
  | 'cut' // the answer broke off

export interface FaultFacts {
  /** What the server said, if it said something. */
  detail: string
  /** Seconds after which to try again. */
  retryAfter?: number
  promptTokens?: number
  contextTokens?: number
}

export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    readonly facts: FaultFacts = { detail: '' },
  ) {
    super(facts.detail || kind)
  }

  /** Of whatever was thrown while asking. */
  static of(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown
    return new Fault('gone', { detail: thrown instanceof Error ? thrown.message : String(thrown) })
  }

  static async ofResponse(response: Response): Promise<Fault> {
    const text = await response.text().catch(() => '')
    return Fault.ofBody(response.status, text, response.headers.get('Retry-After'))
  }

  /** Of an error's body, as an answer of its own or within a stream. */
  static ofBody(status: number, text: string, retryAfter: string | null = null): Fault {
    const error = errorIn(text)
    const facts: FaultFacts = { detail: error.message ?? text.slice(0, 300) }
    const seconds = Number(retryAfter)
    if (retryAfter !== null && Number.isFinite(seconds)) facts.retryAfter = seconds
    if (typeof error.n_prompt_tokens === 'number') facts.promptTokens = error.n_prompt_tokens
    if (typeof error.n_ctx === 'number') facts.contextTokens = error.n_ctx
    return new Fault(kindOf(status, error), facts)
  }
}

interface ErrorBody {
  message?: string
  type?: string
  code?: string | number | null
  n_prompt_tokens?: number
  n_ctx?: number
}

function errorIn(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text)
    if (body !== null && typeof body === 'object' && 'error' in body) {
      const { error } = body
      if (typeof error === 'string') return { message: error }
      if (error !== null && typeof error === 'object') return error
    }
  } catch {
    // an error that is no JSON has its text as its message
  }
  return {}
}

function kindOf(status: number, error: ErrorBody): FaultKind {
  const said = `${error.code ?? ''} ${error.type ?? ''}`
  if (/context_length_exceeded|exceed_context_size/.test(said)) return 'context'
  switch (status || Number(error.code)) {
    case 401:
    case 403:
      return 'key'
    case 404:
    case 405:
      return 'missing'
    case 429:
      return 'limited'
    case 501:
      return 'unsupported'
    case 503:
      return /loading/i.test(error.message ?? '') ? 'loading' : 'busy'
  }
  if (/unsupported|not_supported/.test(said)) return 'unsupported'
  if (/server_busy/.test(said)) return 'busy'
  if (/invalid/.test(said) || (status >= 400 && status < 500)) return 'refused'
  return 'broken'
}
