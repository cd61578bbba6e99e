import type { Plugin } from 'vite'

/** Drops the older forms of KaTeX's fonts: every browser that runs this page reads WOFF2. */
export function modernFonts(): Plugin {
  return {
    name: 'corral-modern-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('katex') || !/\.css($|\?)/.test(id)) return null
      return { code: code.replace(/,\s*url\([^)]*\.(woff|ttf)\)\s*format\([^)]*\)/g, ''), map: null }
    },
  }
}
