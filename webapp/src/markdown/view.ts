import type { Tokens } from 'marked'
import { copyText } from '../shell/clipboard.ts'
import { t } from '../i18n/i18n.svelte.ts'
import { Blocks, type Block } from './blocks.ts'
import { htmlOf } from './parser.ts'
import { sanitized } from './sanitize.ts'

interface Shown {
  block: Block
  element: HTMLElement
}

/** Shows a Markdown text that may grow in an element: blocks whose text has not changed are left as they are. */
export class MarkdownView {
  private readonly blocks = new Blocks()
  private shown: Shown[] = []
  private live = false

  constructor(private readonly root: HTMLElement) {}

  /** @param live more is to come, so its last block is not decorated yet */
  show(text: string, live: boolean): void {
    const blocks = this.blocks.update(text, !live)
    const settled = this.live && !live
    this.live = live
    blocks.forEach((block, i) => {
      const last = live && i === blocks.length - 1
      const known = this.shown[i]
      if (!known) this.append(block, last)
      else if (known.block !== block) this.replace(known, block, last)
      else if (known.element.dataset['plain'] && (!last || settled)) decorate(known.element)
    })
    for (const extra of this.shown.splice(blocks.length)) extra.element.remove()
  }

  private append(block: Block, last: boolean): void {
    const element = document.createElement('div')
    element.className = 'block'
    this.root.append(element)
    this.shown.push({ block, element })
    fill(element, block, last)
  }

  private replace(known: Shown, block: Block, last: boolean): void {
    known.block = block
    const code = last && block.token.type === 'code' ? known.element.querySelector('pre > code') : null
    if (code && known.element.dataset['plain']) {
      const token = block.token as Tokens.Code
      code.textContent = `${token.text}\n`
      code.className = `language-${(token.lang ?? '').split(/\s/)[0]}`
    } else {
      fill(known.element, block, last)
    }
  }
}

function fill(element: HTMLElement, block: Block, last: boolean): void {
  element.replaceChildren(sanitized(htmlOf(block.token)))
  element.dataset['plain'] = 'true'
  if (!last) decorate(element)
}

/** Adds what costs time, and so waits until a block is whole. */
function decorate(element: HTMLElement): void {
  delete element.dataset['plain']
  for (const table of element.querySelectorAll('table')) frame(table)
  for (const code of element.querySelectorAll<HTMLElement>('pre > code')) decorateCode(code)
  const formulas = element.querySelectorAll<HTMLElement>('.math')
  if (formulas.length > 0) {
    void import('./math.ts').then(({ typeset }) => formulas.forEach(typeset)).catch(() => undefined)
  }
}

/** A wide table scrolls by itself, also with the keyboard. */
function frame(table: HTMLTableElement): void {
  const around = document.createElement('div')
  around.className = 'table'
  around.tabIndex = 0
  around.setAttribute('role', 'region')
  around.setAttribute('aria-label', t('markdown.table'))
  table.replaceWith(around)
  around.append(table)
}

function decorateCode(code: HTMLElement): void {
  const pre = code.parentElement!
  const language = /language-([\w+#-]+)/.exec(code.className)?.[1] ?? ''
  const head = document.createElement('div')
  head.className = 'code-head'
  const name = document.createElement('span')
  name.textContent = language
  const copy = document.createElement('button')
  copy.type = 'button'
  copy.className = 'quiet'
  copy.textContent = t('common.copy')
  copy.addEventListener('click', () => {
    void copyText(code.textContent ?? '').then((copied) => {
      copy.textContent = t(copied ? 'common.copied' : 'common.notCopied')
      setTimeout(() => (copy.textContent = t('common.copy')), 2_000)
    })
  })
  head.append(name, copy)
  const around = document.createElement('div')
  around.className = 'code'
  pre.tabIndex = 0
  pre.dir = 'ltr'
  pre.setAttribute('role', 'region')
  pre.setAttribute('aria-label', t('markdown.code', { language }))
  pre.replaceWith(around)
  around.append(head, pre)
  if (language) {
    void import('./highlight.ts').then(({ highlight }) => highlight(code, language)).catch(() => undefined)
  }
}
