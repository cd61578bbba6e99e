/** llama.cpp's timings of one answer. */
export interface Timings {
  cache_n: number
  prompt_n: number
  prompt_ms: number
  prompt_per_second: number
  predicted_n: number
  predicted_ms: number
  predicted_per_second: number
}

/** What an answer cost, to show beneath it. */
export interface AnswerStats {
  promptTokens: number
  cachedTokens: number
  tokens: number
  tokensPerSecond: number
  promptMs: number
}

export function statsOf(timings: Timings): AnswerStats {
  return {
    promptTokens: timings.prompt_n + timings.cache_n,
    cachedTokens: timings.cache_n,
    tokens: timings.predicted_n,
    tokensPerSecond: timings.predicted_per_second,
    promptMs: timings.prompt_ms,
  }
}
