import { expect, test } from 'vitest'
import { parseMetrics, total } from '../../src/api/metrics.ts'
import { rate, readingOf } from '../../src/status/feed.svelte.ts'

const TEXT = `# HELP llamacpp:tokens_predicted_total Tokens.
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 42
llamacpp:requests_deferred{model="a \\"b\\"",key="x\\ny"} 2 1700000000000
llamacpp:requests_deferred{model="c"} 1.5e0
vllm:kv_cache_usage_perc NaN
x_bucket{le="+Inf"} +Inf
not a sample
`

test('reads samples with labels, escapes and times', () => {
  const samples = parseMetrics(TEXT)
  expect(samples).toHaveLength(5)
  expect(samples[1]).toEqual({
    name: 'llamacpp:requests_deferred',
    labels: { model: 'a "b"', key: 'x\ny' },
    value: 2,
  })
  expect(samples[4]!.value).toBe(Infinity)
})

test('adds up the first name that is there', () => {
  expect(total(parseMetrics(TEXT), 'nothing', 'llamacpp:requests_deferred')).toBe(3.5)
  expect(total(parseMetrics(TEXT), 'nothing')).toBeUndefined()
})

test('slots tell what metrics do not', () => {
  const slots = [
    { id: 0, n_ctx: 100, is_processing: true, n_tokens: 50 },
    { id: 1, n_ctx: 100, is_processing: false, n_tokens: 0 },
  ]
  expect(readingOf(5, slots, null)).toEqual({ at: 5, running: 1, kv: 0.25 })
  expect(readingOf(5, slots, parseMetrics(TEXT))).toMatchObject({ written: 42, waiting: 3.5 })
})

test('a rate is a second’s growth, and never negative', () => {
  expect(rate({ at: 1_000, written: 10 }, { at: 3_000, written: 50 }, 'written')).toBe(20)
  expect(rate({ at: 1_000, written: 10 }, { at: 2_000, written: 0 }, 'written')).toBe(0)
  expect(rate(null, { at: 1, written: 1 }, 'written')).toBeUndefined()
})
