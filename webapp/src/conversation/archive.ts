import { newId, type ConversationInfo, type Message } from './message.ts'

const FORMAT = 'corral-conversations'
const ROLES = new Set(['user', 'assistant', 'tool'])
const IMAGE = /^data:image\/(png|jpeg|webp|gif);base64,/

export interface Archive {
  infos: ConversationInfo[]
  messages: Message[]
}

/** Conversations as the text of a file. */
export function toFile(archive: Archive): string {
  return JSON.stringify({ format: FORMAT, version: 1, ...archive }, null, 1)
}

/**
 * Conversations out of a file's text, under new ids so that none is overwritten; only the fields that are known, and those of
 * the right type. Throws where it is no such file.
 */
export function fromFile(text: string): Archive {
  const file = objectOf(JSON.parse(text))
  if (file['format'] !== FORMAT || !Array.isArray(file['infos']) || !Array.isArray(file['messages'])) {
    throw new Error(`not a file of ${FORMAT}`)
  }
  const ids = new Map<string, string>()
  const renamed = (id: unknown): string => {
    const known = ids.get(String(id)) ?? newId()
    ids.set(String(id), known)
    return known
  }
  const infos = file['infos'].map((each) => infoOf(objectOf(each), renamed))
  const conversations = new Set(infos.map((info) => info.id))
  const messages = file['messages']
    .map((each) => messageOf(objectOf(each), renamed))
    .filter((message) => conversations.has(message.conversation))
  return { infos, messages }
}

function infoOf(raw: Record<string, unknown>, renamed: (id: unknown) => string): ConversationInfo {
  return {
    id: renamed(raw['id']),
    title: textOf(raw['title']),
    named: raw['named'] === true,
    created: numberOf(raw['created']),
    updated: numberOf(raw['updated']),
    system: textOf(raw['system']),
    leaf: raw['leaf'] == null ? null : renamed(raw['leaf']),
  }
}

function messageOf(raw: Record<string, unknown>, renamed: (id: unknown) => string): Message {
  const role = String(raw['role'])
  if (!ROLES.has(role)) throw new Error(`unknown role ${role}`)
  const message: Message = {
    id: renamed(raw['id']),
    conversation: renamed(raw['conversation']),
    parent: raw['parent'] == null ? null : renamed(raw['parent']),
    role: role as Message['role'],
    text: textOf(raw['text']),
    created: numberOf(raw['created']),
  }
  const images = Array.isArray(raw['images'])
    ? raw['images'].map(textOf).filter((url) => IMAGE.test(url))
    : []
  if (images.length > 0) message.images = images
  if (raw['reasoning']) message.reasoning = textOf(raw['reasoning'])
  if (raw['model']) message.model = textOf(raw['model'])
  if (raw['answers']) message.answers = textOf(raw['answers'])
  if (Array.isArray(raw['calls'])) {
    message.calls = raw['calls'].map(objectOf).map((call) => ({
      id: textOf(call['id']),
      name: textOf(call['name']),
      args: textOf(call['args']),
    }))
  }
  if (raw['json'] === true) message.json = true
  if (role === 'assistant') message.state = 'done'
  return message
}

function objectOf(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object') throw new Error('not an object')
  return value as Record<string, unknown>
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : Date.now()
}
