import { ask, getJson } from '../api/client.ts'
import { Fault } from '../api/fault.ts'
import { parseMetrics, total, type Sample } from '../api/metrics.ts'
import { server } from '../api/server.svelte.ts'

const EVERY_MS = 1_000
/** Points of a chart: two minutes. */
export const POINTS = 120

export interface Slot {
  id: number
  n_ctx: number
  is_processing: boolean
  n_tokens?: number
  n_prompt_tokens?: number
  next_token?: { n_decoded?: number }[]
}

/** What the server tells at one time; undefined is not told. */
export interface Reading {
  at: number
  /** Tokens written since the server started. */
  written?: number
  /** Prompt tokens read since the server started. */
  read?: number
  running?: number
  waiting?: number
  /** The part of the KV cache that is in use, from 0 to 1. */
  kv?: number
}

/** One chart's numbers, oldest first. */
export interface Series {
  speed: number[]
  prompt: number[]
  running: number[]
  waiting: number[]
  kv: number[]
}

/** Asks the server again and again while the status is looked at. */
class StatusFeed {
  slots = $state.raw<Slot[]>([])
  series = $state.raw<Series>({ speed: [], prompt: [], running: [], waiting: [], kv: [] })
  fault = $state.raw<Fault | null>(null)
  /** Whether the server has /metrics. */
  metered = $state(true)

  private last: Reading | null = null

  /** Goes on until what it returns is called. */
  start(): () => void {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const round = async () => {
      if (!document.hidden) await this.poll()
      if (!over) timer = setTimeout(() => void round(), EVERY_MS)
    }
    void round()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }

  private async poll(): Promise<void> {
    try {
      const [slots, samples] = await Promise.all([getJson<Slot[]>('/slots'), this.samples()])
      this.slots = slots
      this.note(readingOf(performance.now(), slots, samples))
      this.fault = null
    } catch (thrown) {
      this.fault = Fault.of(thrown)
      server.learn(this.fault)
    }
  }

  private async samples(): Promise<Sample[] | null> {
    if (!this.metered) return null
    try {
      return parseMetrics(await (await ask('/metrics')).text())
    } catch (thrown) {
      const fault = Fault.of(thrown)
      if (fault.kind !== 'missing' && fault.kind !== 'unsupported') throw thrown
      this.metered = false
      return null
    }
  }

  private note(reading: Reading): void {
    const last = this.last
    this.last = reading
    const series = this.series
    this.series = {
      speed: pushed(series.speed, rate(last, reading, 'written')),
      prompt: pushed(series.prompt, rate(last, reading, 'read')),
      running: pushed(series.running, reading.running),
      waiting: pushed(series.waiting, reading.waiting),
      kv: pushed(series.kv, reading.kv === undefined ? undefined : 100 * reading.kv),
    }
  }
}

export function readingOf(at: number, slots: Slot[], samples: Sample[] | null): Reading {
  const cells = slots.reduce((sum, slot) => sum + slot.n_ctx, 0)
  const used = slots.reduce((sum, slot) => sum + (slot.n_tokens ?? 0), 0)
  const metric = (...names: string[]) => (samples ? total(samples, ...names) : undefined)
  const reading: Record<string, number | undefined> = {
    written: metric('llamacpp:tokens_predicted_total', 'vllm:generation_tokens_total'),
    read: metric('llamacpp:prompt_tokens_total', 'vllm:prompt_tokens_total'),
    running:
      metric('llamacpp:requests_processing', 'vllm:num_requests_running') ??
      slots.filter((slot) => slot.is_processing).length,
    waiting: metric('llamacpp:requests_deferred', 'vllm:num_requests_waiting'),
    kv:
      metric('llamacpp:kv_cache_usage_ratio', 'vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc') ??
      (cells > 0 ? used / cells : undefined),
  }
  const told = Object.entries(reading).filter(([, value]) => value !== undefined)
  return { at, ...Object.fromEntries(told) }
}

/** A second's growth between two readings. */
export function rate(before: Reading | null, now: Reading, name: 'written' | 'read'): number | undefined {
  const from = before?.[name]
  const to = now[name]
  if (!before || from === undefined || to === undefined || now.at <= before.at) return undefined
  return Math.max(0, (1_000 * (to - from)) / (now.at - before.at))
}

function pushed(series: number[], value: number | undefined): number[] {
  return value === undefined ? series : [...series.slice(1 - POINTS), value]
}

export const feed = new StatusFeed()
