import { expect, test } from 'vitest'
import { eventsOf } from '../../src/api/chat.ts'
import { scoredToken } from '../../src/api/completion.ts'
import { apiMessages, titleOf } from '../../src/conversation/request.ts'
import type { Message } from '../../src/conversation/message.ts'
import { aroundHole, HOLE, withHole } from '../../src/notebook/hole.ts'
import { FIELDS, rangeError } from '../../src/settings/fields.ts'
import { enSettings } from '../../src/i18n/en-settings.ts'

const base = { conversation: 'c', parent: null, created: 1 }

test('a branch is what the server is sent', () => {
  const path: Message[] = [
    { ...base, id: '1', role: 'user', text: 'look', images: ['data:image/png;base64,AA=='] },
    {
      ...base,
      id: '2',
      role: 'assistant',
      text: '',
      reasoning: 'hm',
      calls: [{ id: 'k', name: 'f', args: '{}' }],
    },
    { ...base, id: '3', role: 'tool', text: '42', answers: 'k' },
  ]
  expect(apiMessages('be brief', path)).toEqual([
    { role: 'system', content: 'be brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'k', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', content: '42', tool_call_id: 'k' },
  ])
  expect(apiMessages('  ', [])).toEqual([])
})

test('a chunk tells of text, reasoning, calls, the end and what it cost', () => {
  const chunk = {
    choices: [
      {
        delta: {
          content: 'a',
          reasoning_content: 'b',
          tool_calls: [{ index: 0, id: 'k', function: { name: 'f', arguments: '{' } }],
        },
        finish_reason: 'stop',
      },
    ],
    timings: {
      cache_n: 3,
      prompt_n: 4,
      prompt_ms: 5,
      prompt_per_second: 6,
      predicted_n: 7,
      predicted_ms: 8,
      predicted_per_second: 9,
    },
  }
  expect([...eventsOf(chunk)]).toEqual([
    { kind: 'reasoning', text: 'b' },
    { kind: 'text', text: 'a' },
    { kind: 'tool', index: 0, id: 'k', name: 'f', args: '{' },
    {
      kind: 'stats',
      stats: { promptTokens: 7, cachedTokens: 3, tokens: 7, tokensPerSecond: 9, promptMs: 5 },
    },
    { kind: 'end', reason: 'stop' },
  ])
  expect([...eventsOf({ choices: [], prompt_progress: { total: 9, cache: 1, processed: 5 } })]).toEqual([
    { kind: 'reading', done: 5, of: 9 },
  ])
})

test('probabilities come as they are, or as logarithms', () => {
  expect(scoredToken({ token: 'a', prob: 0.5, top_probs: [{ token: 'b', prob: 0.25 }] })).toEqual({
    text: 'a',
    probability: 0.5,
    likeliest: [{ text: 'b', probability: 0.25 }],
  })
  expect(scoredToken({ token: 'a', logprob: 0 }).probability).toBe(1)
})

test('a title is the beginning of the first line', () => {
  expect(titleOf('  Hello\nworld')).toBe('Hello')
  expect(titleOf('x'.repeat(80))).toHaveLength(60)
})

test('there is one hole, where it was made last', () => {
  const text = withHole('a b c', 2, 3)
  expect(aroundHole(text)).toEqual({ prefix: 'a ', suffix: ' c' })
  const again = withHole(text, 0, 1)
  expect(again.split(HOLE)).toHaveLength(2)
  expect(aroundHole('none')).toBeNull()
})

test('every setting has a label, a hint and a range that is checked', () => {
  for (const field of FIELDS) {
    expect(enSettings).toHaveProperty([`set.${field.name}`])
    expect(enSettings).toHaveProperty([`hint.${field.name}`])
    expect(rangeError(field, field.min)).toBeNull()
    expect(rangeError(field, field.max)).toBeNull()
    expect(rangeError(field, field.max + 1)).toBe('range')
    expect(rangeError(field, NaN)).toBe('range')
    if (field.integer) expect(rangeError(field, field.min + 0.5)).toBe('integer')
  }
})
