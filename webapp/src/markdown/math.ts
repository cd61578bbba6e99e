import katex from 'katex'
import 'katex/dist/katex.min.css'

/** Typesets formulas. Node by node: the page's policy allows no style in HTML, and none is needed so. */
export function typeset(element: HTMLElement): void {
  const tex = element.textContent ?? ''
  katex.render(tex, element, {
    displayMode: element.classList.contains('display'),
    throwOnError: false,
    trust: false,
    strict: 'ignore',
    maxSize: 20,
    maxExpand: 500,
  })
}
