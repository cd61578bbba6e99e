import { expect, test } from 'vitest'
import type { Message } from '../../src/conversation/message.ts'
import { newestLeaf, pathTo, siblings, subtree } from '../../src/conversation/tree.ts'

let clock = 0
const message = (id: string, parent: string | null): Message => ({
  id,
  parent,
  conversation: 'c',
  role: 'user',
  text: id,
  created: ++clock,
})

// a ─ b ─ c
//   └ d ─ e
//       └ f
const messages = Object.fromEntries(
  [
    message('a', null),
    message('b', 'a'),
    message('c', 'b'),
    message('d', 'a'),
    message('e', 'd'),
    message('f', 'd'),
  ].map((each) => [each.id, each]),
)
const ids = (all: Message[]) => all.map((each) => each.id).join('')

test('a path leads from the first message to a leaf', () => {
  expect(ids(pathTo(messages, 'e'))).toBe('ade')
  expect(ids(pathTo(messages, null))).toBe('')
  expect(ids(pathTo(messages, 'missing'))).toBe('')
})

test('a ring in the data ends', () => {
  const ring = { x: message('x', 'y'), y: message('y', 'x') }
  expect(pathTo(ring, 'x')).toHaveLength(2)
})

test('branches are in order of their making', () => {
  expect(ids(siblings(messages, messages['d']!))).toBe('bd')
  expect(ids(siblings(messages, messages['a']!))).toBe('a')
})

test('the newest branch is followed to its end', () => {
  expect(newestLeaf(messages, 'a')).toBe('f')
  expect(newestLeaf(messages, 'b')).toBe('c')
})

test('a subtree is everything below', () => {
  expect(subtree(messages, 'd').sort().join('')).toBe('def')
})
