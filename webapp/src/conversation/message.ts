import type { AnswerStats } from '../api/timings.ts'
import type { FaultKind } from '../api/fault.ts'

export interface ToolCall {
  id: string
  name: string
  /** JSON, as the model wrote it. */
  args: string
}

/** How an answer ended; `writing` after a reload means that it broke off. */
export type AnswerState = 'writing' | 'done' | 'stopped' | 'length' | 'failed' | 'cut'

/** One message; its parent is the one before it, and messages with one parent are branches. */
export interface Message {
  id: string
  conversation: string
  parent: string | null
  role: 'user' | 'assistant' | 'tool'
  text: string
  created: number
  /** Data URLs. */
  images?: string[]
  reasoning?: string
  calls?: ToolCall[]
  /** Of a tool's message: the call that it answers. */
  answers?: string
  state?: AnswerState
  /** It was to be JSON. */
  json?: boolean
  model?: string
  stats?: AnswerStats
  fault?: { kind: FaultKind; detail: string; retryAfter?: number }
}

/** All of a conversation but its messages. */
export interface ConversationInfo {
  id: string
  title: string
  /** Whether a person gave the title. */
  named: boolean
  created: number
  updated: number
  system: string
  /** The last message of the branch that is shown. */
  leaf: string | null
}

export function newId(): string {
  return crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}
