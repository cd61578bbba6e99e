import { FIELDS, rangeError } from './fields.ts'

const NAME = 'corral.settings'

export type AnswerFormat = 'text' | 'json' | 'schema'

interface Saved {
  model: string
  numbers: Record<string, number>
  samplers: string
  stop: string
  ignoreEos: boolean
  format: AnswerFormat
  schema: string
  tools: string
  more: string
}

const PLAIN: Saved = {
  model: '',
  numbers: {},
  samplers: '',
  stop: '',
  ignoreEos: false,
  format: 'text',
  schema: '',
  tools: '',
  more: '',
}

/** What a person has set; what is not set is left to the server. Kept on this device. */
class Settings {
  values = $state<Saved>({ ...PLAIN, ...saved() })

  get model(): string {
    return this.values.model
  }

  /** How many settings differ from the server's own. */
  get changed(): number {
    const { numbers, samplers, stop, ignoreEos, format, tools, more } = this.values
    const others = [samplers, stop, tools, more].filter((text) => text.trim()).length
    return Object.keys(numbers).length + others + (ignoreEos ? 1 : 0) + (format === 'text' ? 0 : 1)
  }

  /** The fields of sampling alone, as every route takes them. */
  sampling(): Record<string, unknown> {
    const { numbers, samplers, stop, ignoreEos, more } = this.values
    const request: Record<string, unknown> = {}
    for (const field of FIELDS) {
      const value = numbers[field.name]
      if (value !== undefined && !rangeError(field, value)) request[field.name] = value
    }
    const kinds = samplers.split(/[\s,;]+/).filter(Boolean)
    if (kinds.length > 0) request['samplers'] = kinds
    const stops = stop.split('\n').filter(Boolean).map(unescaped)
    if (stops.length > 0) request['stop'] = stops
    if (ignoreEos) request['ignore_eos'] = true
    return { ...request, ...(objectIn(more) ?? {}) }
  }

  /** All fields of a chat request that settings decide. */
  request(): Record<string, unknown> {
    const { format, schema, tools } = this.values
    const request = this.sampling()
    if (format === 'json') request['response_format'] = { type: 'json_object' }
    const shape = objectIn(schema)
    if (format === 'schema' && shape) {
      request['response_format'] = { type: 'json_schema', json_schema: { name: 'answer', schema: shape } }
    }
    const list = arrayIn(tools)
    if (list?.length) request['tools'] = list
    return request
  }

  setNumber(name: string, value: number | undefined): void {
    if (value === undefined) delete this.values.numbers[name]
    else this.values.numbers[name] = value
    this.keep()
  }

  reset(): void {
    this.values = { ...PLAIN, numbers: {}, model: this.values.model }
    this.keep()
  }

  keep(): void {
    localStorage.setItem(NAME, JSON.stringify(this.values))
  }
}

function saved(): Partial<Saved> {
  return (objectIn(localStorage.getItem(NAME) ?? '') ?? {}) as Partial<Saved>
}

/** So that a stop string can hold a line's end. */
function unescaped(text: string): string {
  return text.replace(/\\(n|t|\\)/g, (_, char: string) => ({ n: '\n', t: '\t' })[char] ?? '\\')
}

export function objectIn(text: string): Record<string, unknown> | null {
  const value = jsonIn(text)
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

export function arrayIn(text: string): unknown[] | null {
  const value = jsonIn(text)
  return Array.isArray(value) ? value : null
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const settings = new Settings()
