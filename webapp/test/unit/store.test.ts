import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fromFile, toFile } from '../../src/conversation/archive.ts'
import type { ConversationInfo, Message } from '../../src/conversation/message.ts'
import { ConversationStore } from '../../src/conversation/store.ts'

const info = (id: string, updated: number): ConversationInfo => ({
  id,
  title: `about ${id}`,
  named: false,
  created: 1,
  updated,
  system: '',
  leaf: `${id}-1`,
})

const message = (id: string, conversation: string, text: string): Message => ({
  id,
  conversation,
  parent: null,
  role: 'user',
  text,
  created: 1,
})

let store: ConversationStore
let name = 0

beforeEach(async () => {
  store = await ConversationStore.open(`test-${++name}`)
  await store.putAll(
    [info('a', 1), info('b', 2)],
    [
      message('a-1', 'a', 'Rivers of Spain'),
      message('b-1', 'b', 'Lakes'),
      message('b-2', 'b', 'Ríos y LAGOS'),
    ],
  )
})

afterEach(() => store.close())

test('lists conversations, latest first', async () => {
  expect((await store.list()).map((each) => each.id)).toEqual(['b', 'a'])
})

test('gives the messages of one conversation', async () => {
  expect((await store.messages('b')).map((each) => each.id)).toEqual(['b-1', 'b-2'])
})

test('searches for all words, whatever their case', async () => {
  expect(await store.search('rivers spain')).toEqual(new Set(['a']))
  expect(await store.search('lagos ríos')).toEqual(new Set(['b']))
  expect(await store.search('rivers lakes')).toEqual(new Set())
})

test('removes a conversation with its messages and nothing else', async () => {
  await store.remove('b')
  expect((await store.list()).map((each) => each.id)).toEqual(['a'])
  expect(await store.messages('b')).toEqual([])
  expect(await store.messages('a')).toHaveLength(1)
})

test('what is exported can be imported, beside what is there', async () => {
  const text = toFile({ infos: await store.list(), messages: await store.messages('b') })
  const archive = fromFile(text)
  await store.putAll(archive.infos, archive.messages)
  const all = await store.list()
  expect(all).toHaveLength(4)
  const copy = archive.infos.find((each) => each.title === 'about b')!
  expect(copy.id).not.toBe('b')
  const copied = await store.messages(copy.id)
  expect(copied.map((each) => each.text).sort()).toEqual(['Lakes', 'Ríos y LAGOS'])
  expect(copied.map((each) => each.id)).toContain(copy.leaf)
})

test('a file keeps what is right in it, and nothing else', () => {
  const { messages } = fromFile(
    JSON.stringify({
      format: 'corral-conversations',
      infos: [{ id: 1, title: 5, evil: '<script>' }],
      messages: [
        {
          id: 'm',
          conversation: 1,
          role: 'user',
          text: 't',
          images: ['https://x/y.png', 'data:image/png;base64,AA=='],
        },
        { id: 'n', conversation: 'other', role: 'user', text: 't' },
      ],
    }),
  )
  expect(messages).toHaveLength(1)
  expect(messages[0]!.images).toEqual(['data:image/png;base64,AA=='])
})

test.each(['', '{}', '[]', '{"format":"corral-conversations"}', 'null'])(
  '%j is no file of conversations',
  (text) => {
    expect(() => fromFile(text)).toThrow()
  },
)

test('a role that is not known is refused', () => {
  const file = {
    format: 'corral-conversations',
    infos: [{ id: 1 }],
    messages: [{ id: 1, conversation: 1, role: 'system' }],
  }
  expect(() => fromFile(JSON.stringify(file))).toThrow('system')
})
