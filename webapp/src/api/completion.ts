import { postStream } from './client.ts'
import { statsOf, type AnswerStats, type Timings } from './timings.ts'

/** A token with the likeliest ones in its place. */
export interface ScoredToken {
  text: string
  probability: number
  likeliest: { text: string; probability: number }[]
}

export interface CompletionPiece {
  text: string
  tokens: ScoredToken[]
  stats?: AnswerStats
}

interface Scored {
  token: string
  logprob?: number
  prob?: number
  top_logprobs?: Scored[]
  top_probs?: Scored[]
}

interface CompletionEvent {
  content: string
  stop: boolean
  completion_probabilities?: Scored[]
  timings?: Timings
}

/** Streams a raw completion; with `input_prefix` and `input_suffix`, what belongs between them. */
export async function* complete(
  request: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<CompletionPiece> {
  const path = 'input_prefix' in request ? '/infill' : '/completion'
  for await (const event of postStream<CompletionEvent>(path, { ...request, stream: true }, signal)) {
    yield {
      text: event.content,
      tokens: event.stop ? [] : (event.completion_probabilities ?? []).map(scoredToken),
      ...(event.timings ? { stats: statsOf(event.timings) } : {}),
    }
  }
}

export function scoredToken(scored: Scored): ScoredToken {
  const others = scored.top_probs ?? scored.top_logprobs ?? []
  return {
    text: scored.token,
    probability: probabilityOf(scored),
    likeliest: others.map((other) => ({ text: other.token, probability: probabilityOf(other) })),
  }
}

function probabilityOf(scored: Scored): number {
  return scored.prob ?? Math.exp(scored.logprob ?? -Infinity)
}
