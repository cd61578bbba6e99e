const NAME = 'corral.theme'

export type Theme = 'system' | 'light' | 'dark'

/** Light or dark, as the system says or as a person does. */
class Appearance {
  theme = $state<Theme>('system')

  start(): void {
    const saved = localStorage.getItem(NAME)
    this.set(saved === 'light' || saved === 'dark' ? saved : 'system')
  }

  set(theme: Theme): void {
    this.theme = theme
    if (theme === 'system') {
      localStorage.removeItem(NAME)
      delete document.documentElement.dataset['theme']
    } else {
      localStorage.setItem(NAME, theme)
      document.documentElement.dataset['theme'] = theme
    }
  }
}

export const appearance = new Appearance()
