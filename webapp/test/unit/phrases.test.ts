import { expect, test } from 'vitest'
import { ar } from '../../src/i18n/ar.ts'
import { en, type Phrases } from '../../src/i18n/en.ts'
import { es } from '../../src/i18n/es.ts'
import { wanted } from '../../src/i18n/i18n.svelte.ts'
import { zh } from '../../src/i18n/zh.ts'

const holes = (phrase: string) => [...phrase.matchAll(/\{\w+\}/g)].map(String).sort()

test.each<[string, Phrases]>([
  ['es', es],
  ['zh', zh],
  ['ar', ar],
])('%s has every phrase, with what is filled in', (_, phrases) => {
  expect(Object.keys(phrases).sort()).toEqual(Object.keys(en).sort())
  for (const key of Object.keys(en) as (keyof Phrases)[]) {
    expect(phrases[key].trim(), key).not.toBe('')
    expect(holes(phrases[key]), key).toEqual(holes(en[key]))
  }
})

test('the browser’s first language that is there is taken', () => {
  expect(wanted(['de-DE', 'zh-TW', 'en'])).toBe('zh')
  expect(wanted(['ar-EG'])).toBe('ar')
  expect(wanted(['de'])).toBeUndefined()
})
