import { expect, test } from 'vitest'
import { Fault } from '../../src/api/fault.ts'
import { faultOf, protocolsOf } from '../../src/api/petals.ts'

const openai = (code: string, type = 'invalid_request_error') =>
  JSON.stringify({ error: { message: 'm', type, code } })

test.each([
  [401, openai('invalid_api_key'), 'key'],
  [400, openai('context_length_exceeded'), 'context'],
  [400, '{"error":{"code":400,"type":"exceed_context_size_error","message":"m"}}', 'context'],
  [400, openai('invalid_value'), 'refused'],
  [404, openai('model_not_found'), 'missing'],
  [429, openai('rate_limit_exceeded'), 'limited'],
  [500, openai('internal_error', 'server_error'), 'broken'],
  [501, openai('unsupported', 'not_supported_error'), 'unsupported'],
  [503, openai('server_busy', 'unavailable_error'), 'busy'],
  [503, '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}', 'loading'],
  [0, '{"error":{"code":"context_length_exceeded","message":"m"}}', 'context'],
  [0, '{"error":{"code":503,"message":"m","type":"unavailable_error"}}', 'busy'],
  [502, '<html>bad gateway</html>', 'broken'],
])('status %i with %s is %s', (status, body, kind) => {
  expect(Fault.ofBody(status, body).kind).toBe(kind)
})

test('keeps what tells people what to do', () => {
  const body =
    '{"error":{"message":"too long","code":"context_length_exceeded","n_prompt_tokens":9,"n_ctx":8}}'
  expect(Fault.ofBody(400, body, '3').facts).toEqual({
    detail: 'too long',
    retryAfter: 3,
    promptTokens: 9,
    contextTokens: 8,
  })
})

test('what is thrown by fetch is a server that is gone', () => {
  expect(Fault.of(new TypeError('Failed to fetch')).kind).toBe('gone')
})

test('reads the last line of a traceback', () => {
  expect(faultOf('Traceback…\nValueError: Maximum length exceeded: prefix 1 + current 9').kind).toBe(
    'context',
  )
  expect(faultOf('x\nAllocationFailed: attention cache is full').kind).toBe('busy')
  expect(faultOf('KeyError: no such model').facts.detail).toBe('KeyError: no such model')
})

test('offers a key in letters that a protocol may have', () => {
  expect(protocolsOf(null)).toEqual([])
  expect(protocolsOf('k-one')).toEqual(['corral', 'corral.bearer.ay1vbmU'])
  expect(protocolsOf('ü?>~')[1]).toMatch(/^corral\.bearer\.[A-Za-z0-9_-]+$/)
})
