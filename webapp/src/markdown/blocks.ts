import type { Token } from 'marked'
import { lex } from './parser.ts'

/** A paragraph, list, table or the like. The same object stays as long as its text does. */
export interface Block {
  raw: string
  token: Token
}

/** What follows may still change so many blocks: the last one, and one that it may turn out to be a part of. */
const UNSETTLED = 2
const DEFINES_LINKS = /^ {0,3}\[[^\]\n]+\]:/m

/** The blocks of a text that grows. Only its end is read again when it has grown. */
export class Blocks {
  private text = ''
  private blocks: Block[] = []

  /** @param whole nothing will follow, so links may be looked up that are defined after their use */
  update(text: string, whole: boolean): readonly Block[] {
    const anew = !text.startsWith(this.text) || (whole && DEFINES_LINKS.test(text))
    const kept = anew ? [] : this.blocks.slice(0, Math.max(0, this.blocks.length - UNSETTLED))
    const start = kept.reduce((length, block) => length + block.raw.length, 0)
    const read = normalized(lex(text.slice(start)))
    const before = this.blocks.slice(kept.length)
    this.blocks = [
      ...kept,
      ...read.map((block, i) => (before[i]?.raw === block.raw && !anew ? before[i] : block)),
    ]
    this.text = text
    return this.blocks
  }
}

/** Empty lines belong to the block before them, so that the blocks' texts together are the whole text. */
function normalized(tokens: Token[]): Block[] {
  const blocks: Block[] = []
  for (const token of tokens) {
    const last = blocks.at(-1)
    if (token.type === 'space' && last) last.raw += token.raw
    else blocks.push({ raw: token.raw, token })
  }
  return blocks
}
