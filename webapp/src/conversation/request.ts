import type { ApiMessage, ContentPart } from '../api/chat.ts'
import type { Message } from './message.ts'

/** A branch as the server takes it. */
export function apiMessages(system: string, path: readonly Message[]): ApiMessage[] {
  const messages: ApiMessage[] = []
  if (system.trim()) messages.push({ role: 'system', content: system })
  for (const message of path) messages.push(apiMessage(message))
  return messages
}

function apiMessage(message: Message): ApiMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.images?.length ? parts(message) : message.text }
    case 'tool':
      return { role: 'tool', content: message.text, tool_call_id: message.answers ?? '' }
    case 'assistant':
      return {
        role: 'assistant',
        content: message.text,
        ...(message.calls?.length
          ? {
              tool_calls: message.calls.map((call) => ({
                id: call.id,
                type: 'function' as const,
                function: { name: call.name, arguments: call.args },
              })),
            }
          : {}),
      }
  }
}

function parts(message: Message): ContentPart[] {
  const images = (message.images ?? []).map((url) => ({ type: 'image_url' as const, image_url: { url } }))
  return message.text ? [{ type: 'text', text: message.text }, ...images] : images
}

/** What a conversation is called until somebody names it. */
export function titleOf(text: string): string {
  const line = text.trim().split('\n')[0] ?? ''
  return line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line
}
