import DOMPurify from 'dompurify'

const TAGS = (
  'p br hr h1 h2 h3 h4 h5 h6 strong em del code pre blockquote ul ol li ' +
  'table thead tbody tr th td a span'
).split(' ')

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer nofollow')
})

/** HTML as a fragment with nothing in it that could act: few tags, no style, no address but of the web and of mail. */
export function sanitized(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'title', 'class', 'align', 'start'],
    ADD_URI_SAFE_ATTR: ['align', 'start'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    RETURN_DOM_FRAGMENT: true,
  })
}
