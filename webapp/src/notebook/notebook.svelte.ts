import { complete, type ScoredToken } from '../api/completion.ts'
import { Fault } from '../api/fault.ts'
import { PetalsSession, type PetalsSettings } from '../api/petals.ts'
import { server } from '../api/server.svelte.ts'
import type { AnswerStats } from '../api/timings.ts'
import { eachFrame } from '../conversation/frames.ts'
import { chosenModel } from '../settings/model.ts'
import { settings } from '../settings/settings.svelte.ts'
import { aroundHole } from './hole.ts'

const NAME = 'corral.notebook'
const ALTERNATIVES = 8

/** How a text was gone on with. */
export type Way = 'session' | 'completion' | 'infill'

/** A text that the model goes on with. */
class Notebook {
  text = $state(localStorage.getItem(NAME) ?? '')
  tokens = $state(64)
  probabilities = $state(false)
  writing = $state(false)
  fault = $state.raw<Fault | null>(null)
  stats = $state.raw<AnswerStats | null>(null)
  way = $state<Way | null>(null)
  /** What was read in the open session; 0 without one. */
  read = $state(0)
  /** The server has no sessions. */
  sessionless = $state(false)
  /** What the last run wrote, token by token, and the text before it. */
  scored = $state.raw<{ before: string; after: string; tokens: ScoredToken[] } | null>(null)

  private session: PetalsSession | null = null
  private abort: AbortController | null = null
  private past: string[] = []
  canUndo = $state(false)

  async run(): Promise<void> {
    if (this.writing) return
    this.past.push(this.text)
    this.canUndo = true
    this.writing = true
    this.fault = this.stats = this.scored = null
    const abort = new AbortController()
    this.abort = abort
    try {
      const hole = aroundHole(this.text)
      if (hole) await this.fill(hole.prefix, hole.suffix, abort.signal)
      else if (this.probabilities || this.sessionless) await this.complete(abort.signal)
      else await this.converse(abort.signal)
    } catch (thrown) {
      if (!abort.signal.aborted) {
        this.fault = Fault.of(thrown)
        server.learn(this.fault)
      }
    } finally {
      this.writing = false
      this.abort = null
      this.keep()
    }
  }

  stop(): void {
    this.abort?.abort()
  }

  undo(): void {
    const text = this.past.pop()
    if (text !== undefined) this.text = text
    this.canUndo = this.past.length > 0
    this.scored = null
    this.keep()
  }

  /** Goes on with another token in place of a written one. */
  async instead(index: number, token: string): Promise<void> {
    const scored = this.scored
    if (!scored || this.writing) return
    const kept = scored.tokens.slice(0, index).map((each) => each.text)
    this.text = scored.before + kept.join('') + token
    await this.run()
  }

  keep(): void {
    localStorage.setItem(NAME, this.text)
  }

  /** Over the WebSocket; the session stays, so the next run sends only what is new. */
  private async converse(signal: AbortSignal): Promise<void> {
    try {
      const model = chosenModel()?.id ?? 'default'
      if (!this.session?.isAt(this.text) || this.session.model !== model) {
        this.session?.close()
        this.session = await PetalsSession.open(model, server.contextTokens || 2_048)
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault && thrown.kind === 'missing')) throw thrown
      await this.complete(signal)
      this.sessionless = true // and not only the server gone, or a key wrong
      return
    }
    this.way = 'session'
    const session = this.session
    const end = server.props?.eos_token ?? ''
    const begun = performance.now()
    let first = 0
    let count = 0
    const draft = new TextDraft((piece) => (this.text += piece))
    const stopReading = () => first === 0 && session.close() // a text that is still being read has no token to stop after
    signal.addEventListener('abort', stopReading)
    try {
      for await (const piece of session.generate(this.text, this.tokens, petalsSettings(), end)) {
        first ||= performance.now()
        count++
        draft.add(piece)
        if (signal.aborted) break
      }
    } finally {
      signal.removeEventListener('abort', stopReading)
      draft.end()
      this.read = session.isOpen ? session.seen.length : 0
    }
    const seconds = (performance.now() - first) / 1_000
    this.stats = {
      tokens: count,
      tokensPerSecond: count > 1 ? (count - 1) / seconds : 0,
      promptTokens: 0,
      cachedTokens: 0,
      promptMs: first - begun,
    }
  }

  private async complete(signal: AbortSignal): Promise<void> {
    this.way = 'completion'
    const request = { ...settings.sampling(), ...modelFields(), prompt: this.text, n_predict: this.tokens }
    await this.stream(
      this.probabilities ? { ...request, n_probs: ALTERNATIVES } : request,
      this.text,
      '',
      signal,
    )
  }

  private async fill(prefix: string, suffix: string, signal: AbortSignal): Promise<void> {
    this.way = 'infill'
    const request = {
      ...settings.sampling(),
      ...modelFields(),
      input_prefix: prefix,
      input_suffix: suffix,
      n_predict: this.tokens,
    }
    await this.stream(request, prefix, suffix, signal)
  }

  private async stream(
    request: Record<string, unknown>,
    before: string,
    after: string,
    signal: AbortSignal,
  ): Promise<void> {
    let written = ''
    const tokens: ScoredToken[] = []
    const draft = new TextDraft((piece) => {
      written += piece
      this.text = before + written + after
      if (this.probabilities) this.scored = { before, after, tokens: [...tokens] }
    })
    try {
      for await (const piece of complete(request, signal)) {
        tokens.push(...piece.tokens)
        draft.add(piece.text)
        if (piece.stats) this.stats = piece.stats
      }
    } finally {
      draft.end()
    }
  }
}

/** Gathers pieces of text and hands them on once a frame. */
class TextDraft {
  private gathered = ''
  private readonly stopFrames: () => void

  constructor(private readonly write: (piece: string) => void) {
    this.stopFrames = eachFrame(() => this.flush())
  }

  add(piece: string): void {
    this.gathered += piece
  }

  end(): void {
    this.stopFrames()
    this.flush()
  }

  private flush(): void {
    if (!this.gathered) return
    this.write(this.gathered)
    this.gathered = ''
  }
}

/** The chosen model as /completion and /infill take it: adapters apply to the model that is loaded. */
function modelFields(): Record<string, unknown> {
  const chosen = chosenModel()
  if (!chosen) return {}
  return chosen.parent ? { lora: [{ name: chosen.id, scale: 1 }] } : { model: chosen.id }
}

/** The settings that Petals has a name for. */
function petalsSettings(): PetalsSettings {
  const values: Record<string, unknown> = { ...server.defaults, ...settings.sampling() }
  const number = (name: string) => (typeof values[name] === 'number' ? values[name] : undefined)
  const temperature = number('temperature') ?? 1
  if (temperature <= 0) return { do_sample: false }
  const topK = number('top_k')
  return {
    do_sample: true,
    temperature,
    ...(topK && topK > 0 ? { top_k: topK } : {}),
    ...(number('top_p') ? { top_p: number('top_p')! } : {}),
    ...(number('repeat_penalty') ? { repetition_penalty: number('repeat_penalty')! } : {}),
  }
}

export const notebook = new Notebook()
