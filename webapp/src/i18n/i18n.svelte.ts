import { en, type Phrases } from './en.ts'

export const LANGUAGES = { en: 'English', es: 'Español', zh: '中文', ar: 'العربية' } as const
export type Language = keyof typeof LANGUAGES
export type PhraseKey = keyof Phrases

const NAME = 'corral.language'
const LOADERS: Record<Exclude<Language, 'en'>, () => Promise<Phrases>> = {
  es: () => import('./es.ts').then((module) => module.es),
  zh: () => import('./zh.ts').then((module) => module.zh),
  ar: () => import('./ar.ts').then((module) => module.ar),
}

/** The language of the page, and which way it runs. */
class I18n {
  language = $state<Language>('en')
  phrases = $state.raw<Phrases>(en)

  /** In the language that was chosen before, or that the browser asks for. */
  async start(): Promise<void> {
    await this.use(known(localStorage.getItem(NAME)) ?? wanted(navigator.languages) ?? 'en')
  }

  async choose(language: Language): Promise<void> {
    localStorage.setItem(NAME, language)
    await this.use(language)
  }

  private async use(language: Language): Promise<void> {
    this.phrases = language === 'en' ? en : await LOADERS[language]().catch(() => en)
    this.language = this.phrases === en ? 'en' : language
    document.documentElement.lang = this.language
    document.documentElement.dir = this.language === 'ar' ? 'rtl' : 'ltr'
  }
}

function known(code: string | null | undefined): Language | undefined {
  return code && code in LANGUAGES ? (code as Language) : undefined
}

export function wanted(codes: readonly string[]): Language | undefined {
  return codes.map((code) => known(code.split('-')[0]!.toLowerCase())).find((code) => code !== undefined)
}

export const i18n = new I18n()

/** A phrase in the page's language, with its `{names}` filled in. */
export function t(key: PhraseKey, values: Record<string, string | number> = {}): string {
  return i18n.phrases[key].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? ''
    return typeof value === 'number' ? number(value) : value
  })
}

/** A number as the language writes it. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(i18n.language, { maximumFractionDigits: digits, minimumFractionDigits: digits })
}
