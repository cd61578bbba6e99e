import { postStream } from './client.ts'
import { statsOf, type AnswerStats, type Timings } from './timings.ts'

export type ContentPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

export interface ApiToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

export interface ApiMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string | ContentPart[] | null
  reasoning_content?: string
  tool_calls?: ApiToolCall[]
  tool_call_id?: string
}

/** One thing that a stream of an answer tells. */
export type ChatEvent =
  | { kind: 'reading'; done: number; of: number }
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'tool'; index: number; id?: string; name?: string; args?: string }
  | { kind: 'end'; reason: string }
  | { kind: 'stats'; stats: AnswerStats }

interface Chunk {
  choices: {
    delta?: {
      content?: string | null
      reasoning_content?: string | null
      tool_calls?: { index: number; id?: string; function?: { name?: string; arguments?: string } }[]
    }
    finish_reason?: string | null
  }[]
  timings?: Timings
  prompt_progress?: { total: number; cache: number; processed: number }
}

/** Streams the next message of a conversation. */
export async function* chat(
  request: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const body = { ...request, stream: true, return_progress: true }
  for await (const chunk of postStream<Chunk>('/v1/chat/completions', body, signal)) {
    yield* eventsOf(chunk)
  }
}

export function* eventsOf(chunk: Chunk): Generator<ChatEvent> {
  const progress = chunk.prompt_progress
  if (progress) yield { kind: 'reading', done: progress.processed, of: progress.total }
  const choice = chunk.choices[0]
  const delta = choice?.delta
  if (delta?.reasoning_content) yield { kind: 'reasoning', text: delta.reasoning_content }
  if (delta?.content) yield { kind: 'text', text: delta.content }
  for (const call of delta?.tool_calls ?? []) {
    yield {
      kind: 'tool',
      index: call.index,
      ...(call.id ? { id: call.id } : {}),
      ...(call.function?.name ? { name: call.function.name } : {}),
      ...(call.function?.arguments ? { args: call.function.arguments } : {}),
    }
  }
  if (chunk.timings) yield { kind: 'stats', stats: statsOf(chunk.timings) }
  if (choice?.finish_reason) yield { kind: 'end', reason: choice.finish_reason }
}
