/** Marks the place in a text that the model is to fill. */
export const HOLE = '⟦…⟧'

/** The text before and after its first hole; null where there is none. */
export function aroundHole(text: string): { prefix: string; suffix: string } | null {
  const at = text.indexOf(HOLE)
  return at < 0 ? null : { prefix: text.slice(0, at), suffix: text.slice(at + HOLE.length) }
}

/** Puts a hole in place of what is selected; there is at most one. */
export function withHole(text: string, from: number, to: number): string {
  const before = text.slice(0, from).replaceAll(HOLE, '')
  return before + HOLE + text.slice(to).replaceAll(HOLE, '')
}
