import { expect, test } from 'vitest'
import { Blocks } from '../../src/markdown/blocks.ts'
import { htmlOf, lex } from '../../src/markdown/parser.ts'

const TEXT = `# Title

A paragraph with \`code\`, **bold** and $x^2$.

- one
- two

  still two

| a | b |
|---|---|
| 1 | 2 |

$$
\\int_0^1 x\\,dx
$$

\`\`\`js
const a = 1

const b = 2
\`\`\`

> quoted
> more

The end.
`

const html = (text: string) => lex(text).map(htmlOf).join('')
const shown = (blocks: readonly { token: Parameters<typeof htmlOf>[0] }[]) =>
  blocks.map((each) => htmlOf(each.token)).join('')

test('a text that came piece by piece is the text that came at once', () => {
  for (const step of [1, 3, 7, 50]) {
    const blocks = new Blocks()
    for (let end = step; end < TEXT.length; end += step) blocks.update(TEXT.slice(0, end), false)
    expect(shown(blocks.update(TEXT, true))).toBe(html(TEXT))
  }
})

test('blocks that are settled stay the same objects', () => {
  const blocks = new Blocks()
  const before = [...blocks.update('one\n\ntwo\n\nthree\n\nfour', false)]
  const after = blocks.update('one\n\ntwo\n\nthree\n\nfour and more\n\nfive', false)
  expect(after[0]).toBe(before[0])
  expect(after[1]).toBe(before[1])
  expect(after[2]).toBe(before[2])
  expect(after[3]).not.toBe(before[3])
})

test('a text that became another is read anew', () => {
  const blocks = new Blocks()
  blocks.update('one\n\ntwo', false)
  expect(shown(blocks.update('else', true))).toBe('<p>else</p>\n')
})

test('links are found that are defined after their use', () => {
  const blocks = new Blocks()
  const text = 'See [it][x].\n\nMore.\n\nAnd more.\n\n[x]: https://example.com'
  for (let end = 1; end <= text.length; end++) blocks.update(text.slice(0, end), false)
  expect(shown(blocks.update(text, true))).toContain('<a href="https://example.com">it</a>')
})

test('tags are text', () => {
  expect(html('<img src=x onerror=alert(1)>')).not.toContain('<img')
  expect(html('a <b onclick="x">c</b>')).toBe('<p>a &#60;b onclick=&#34;x&#34;&#62;c&#60;/b&#62;</p>\n')
})

test('pictures are links', () => {
  expect(html('![a cat](https://example.com/c.png)')).toBe(
    '<p><a href="https://example.com/c.png">a cat</a></p>\n',
  )
})

test.each([
  ['costs $5 and $6', false],
  ['$a+b$', true],
  ['\\(a\\)', true],
  ['$ a $', false],
  ['`$a$`', false],
  ['$$a$$', true],
  ['\\[\na\n\\]', true],
])('%j is a formula: %s', (text, formula) => {
  expect(html(text).includes('class="math')).toBe(formula)
})

test('the name of a code’s language can’t leave its attribute', () => {
  expect(html('```"><script>\nx\n```')).not.toContain('<script>')
})
