/** One number of a Prometheus text. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Reads Prometheus' text format; what is no sample is left out. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line.trim())
    if (!match) continue
    const labels: Record<string, string> = {}
    for (const [, name, value] of (match[2] ?? '').matchAll(LABEL)) {
      labels[name!] = value!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
    }
    samples.push({ name: match[1]!, labels, value: Number(match[3]!.replace(/Inf$/, 'Infinity')) })
  }
  return samples
}

/** The sum of all samples of the first name that is there; undefined where none is. */
export function total(samples: Sample[], ...names: string[]): number | undefined {
  for (const name of names) {
    const found = samples.filter((sample) => sample.name === name)
    if (found.length > 0) return found.reduce((sum, sample) => sum + sample.value, 0)
  }
  return undefined
}
