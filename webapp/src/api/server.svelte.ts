import { getJson } from './client.ts'
import { Fault } from './fault.ts'

export interface Props {
  default_generation_settings: { n_ctx: number; params: Record<string, unknown> }
  total_slots: number
  model_alias?: string
  model_path?: string
  modalities?: { vision?: boolean; audio?: boolean }
  chat_template?: string
  eos_token?: string
  build_info?: string
}

export interface ModelEntry {
  id: string
  parent?: string
  /** Of servers that load models when asked: loaded, loading or unloaded. */
  status?: { value?: string }
  meta?: { n_params?: number; n_ctx_train?: number; size?: number; ftype?: string } | null
}

export type ServerState = 'unknown' | 'loading' | 'ready' | 'gone' | 'key'

const AGAIN_MS = 2_000

/** What the server at the other end is, as far as it was asked. */
class ServerInfo {
  state = $state<ServerState>('unknown')
  props = $state.raw<Props | null>(null)
  models = $state.raw<ModelEntry[]>([])

  private retry: ReturnType<typeof setTimeout> | undefined
  private asking: Promise<void> = Promise.resolve()

  /** Whether the model reads pictures; undefined while nobody knows. */
  get sees(): boolean | undefined {
    return this.props ? this.props.modalities?.vision === true : undefined
  }

  get contextTokens(): number {
    return this.props?.default_generation_settings.n_ctx ?? 0
  }

  /** What holds where a request says nothing. */
  get defaults(): Record<string, unknown> {
    return this.props?.default_generation_settings.params ?? {}
  }

  /** Asks anew, and goes on asking until there is an answer. */
  refresh(): Promise<void> {
    this.asking = this.ask()
    return this.asking
  }

  /** Waits for the answer that is under way, if one is. */
  async settled(): Promise<void> {
    await this.asking
  }

  private async ask(): Promise<void> {
    clearTimeout(this.retry)
    try {
      const [props, models] = await Promise.all([
        getJson<Props>('/props'),
        getJson<{ data: ModelEntry[] }>('/v1/models'),
      ])
      this.props = props
      this.models = models.data
      this.state = 'ready'
    } catch (thrown) {
      this.learn(Fault.of(thrown))
    }
  }

  /** A request has failed: what that tells of the server. */
  learn(fault: Fault): void {
    if (fault.kind === 'key') {
      this.state = 'key'
    } else if (fault.kind === 'gone' || fault.kind === 'loading') {
      this.state = fault.kind
      clearTimeout(this.retry)
      this.retry = setTimeout(() => void this.refresh(), AGAIN_MS)
    }
  }
}

export const server = new ServerInfo()
