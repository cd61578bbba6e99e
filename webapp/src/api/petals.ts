import { Fault } from './fault.ts'
import { keyStore } from './key.ts'

/** What a generation in a session may set; Petals' names. */
export interface PetalsSettings {
  do_sample: boolean
  temperature?: number
  top_k?: number
  top_p?: number
  repetition_penalty?: number
}

interface Reply {
  ok: boolean
  outputs?: string
  traceback?: string
}

const PATH = './api/v2/generate'

/**
 * A session over a WebSocket that keeps its text: the server has read everything that was sent and written, and a further
 * generation sends only what is new.
 */
export class PetalsSession {
  private replies: Reply[] = []
  private waiting: (() => void) | null = null
  private ended: Fault | null = null
  private text = ''

  private constructor(
    readonly model: string,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener('message', (event) => {
      this.replies.push(JSON.parse(String(event.data)) as Reply)
      this.wake()
    })
    socket.addEventListener('close', (event) => this.end(new Fault('cut', { detail: event.reason })))
  }

  /** Opens a session of at most so many tokens. Throws a fault of kind `missing` where there is no way to one. */
  static async open(model: string, maxTokens: number): Promise<PetalsSession> {
    const url = new URL(PATH, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url, protocolsOf(keyStore.get()))
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true })
      socket.addEventListener('error', () => reject(new Fault('missing')), { once: true })
    })
    const session = new PetalsSession(model, socket)
    session.send({ type: 'open_inference_session', model, max_length: maxTokens })
    await session.reply()
    return session
  }

  /** Everything that the server has read and written in this session. */
  get seen(): string {
    return this.text
  }

  get isOpen(): boolean {
    return this.ended === null
  }

  /** Whether this session can go on with a text by reading its end only. */
  isAt(text: string): boolean {
    return this.isOpen && text.startsWith(this.text)
  }

  /**
   * Reads what is new in a text, then writes tokens, each asked for by itself: so the session outlives a stop.
   *
   * @param end the text of the token that ends a text
   */
  async *generate(
    text: string,
    tokens: number,
    settings: PetalsSettings,
    end: string,
  ): AsyncGenerator<string> {
    const inputs = text.slice(this.text.length)
    this.text = text
    for (let written = 0; written < tokens; written++) {
      const fresh = written === 0 && inputs !== ''
      this.send({ type: 'generate', ...settings, max_new_tokens: 1, ...(fresh ? { inputs } : {}) })
      const piece = (await this.reply()).outputs ?? ''
      this.text += piece
      if (end !== '' && piece.endsWith(end)) return
      if (piece !== '') yield piece
    }
  }

  close(): void {
    this.socket.close()
    this.end(new Fault('cut'))
  }

  private send(message: unknown): void {
    if (this.ended) throw this.ended
    this.socket.send(JSON.stringify(message))
  }

  private async reply(): Promise<Reply> {
    while (this.replies.length === 0) {
      if (this.ended) throw this.ended
      await new Promise<void>((resolve) => (this.waiting = resolve))
    }
    const reply = this.replies.shift()!
    if (!reply.ok) throw faultOf(reply.traceback ?? '')
    return reply
  }

  private end(fault: Fault): void {
    this.ended ??= fault
    this.wake()
  }

  private wake(): void {
    this.waiting?.()
    this.waiting = null
  }
}

/** What is offered to speak; a key goes along, for which a page has no header of its own here. */
export function protocolsOf(key: string | null): string[] {
  if (!key) return []
  const letters = String.fromCharCode(...new TextEncoder().encode(key))
  const digits = { '+': '-', '/': '_', '=': '' } as Record<string, string>
  return ['corral', `corral.bearer.${btoa(letters).replace(/[+/=]/g, (each) => digits[each]!)}`]
}

/** The last line of a traceback says what happened. */
export function faultOf(traceback: string): Fault {
  const detail = traceback.trim().split('\n').pop() ?? ''
  if (/Maximum length exceeded/i.test(detail)) return new Fault('context', { detail })
  if (/attention cache is full/i.test(detail)) return new Fault('busy', { detail })
  if (/api.?key|unauthor/i.test(detail)) return new Fault('key', { detail })
  return new Fault('refused', { detail })
}
