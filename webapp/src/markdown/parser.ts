import { Marked, type Token, type TokenizerAndRendererExtension } from 'marked'

const DISPLAY = /^(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])(?:[ \t]*\n|[ \t]*$)/
const INLINE = /^(?:\\\((.+?)\\\)|\$\$([^$\n]+?)\$\$|\$(?![\s$])((?:\\.|[^$\\\n])*?[^\s\\$]|\S)\$(?![\d$]))/

const displayMath: TokenizerAndRendererExtension = {
  name: 'displayMath',
  level: 'block',
  start: (text) => text.search(/\$\$|\\\[/),
  tokenizer(text) {
    const match = DISPLAY.exec(text)
    return match ? { type: 'displayMath', raw: match[0], tex: (match[1] ?? match[2]!).trim() } : undefined
  },
  renderer: (token) => `<p class="math display">${escaped(String(token['tex']))}</p>`,
}

const inlineMath: TokenizerAndRendererExtension = {
  name: 'inlineMath',
  level: 'inline',
  start: (text) => text.search(/\$|\\\(/),
  tokenizer(text) {
    const match = INLINE.exec(text)
    return match ? { type: 'inlineMath', raw: match[0], tex: match[1] ?? match[2] ?? match[3]! } : undefined
  },
  renderer: (token) => `<span class="math">${escaped(String(token['tex']))}</span>`,
}

/** What a model writes is no HTML: tags show as the text that they are, and pictures as links. */
const markdown = new Marked({
  gfm: true,
  extensions: [displayMath, inlineMath],
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    code: ({ text, lang }) =>
      `<pre><code class="language-${escaped((lang ?? '').split(/\s/)[0] ?? '')}">${escaped(text)}</code></pre>`,
  },
})

/** The blocks of a Markdown text, each with the text that it was read from. */
export function lex(text: string): Token[] {
  return markdown.lexer(text)
}

/** HTML, yet to be sanitised. */
export function htmlOf(token: Token): string {
  return markdown.parser([token])
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
