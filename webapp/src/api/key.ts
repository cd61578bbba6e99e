const NAME = 'corral.key'

/** The API key: kept for this tab, or on this device where a person says so. */
export const keyStore = {
  get(): string | null {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME)
  },

  set(key: string, remember: boolean): void {
    this.clear()
    if (key) (remember ? localStorage : sessionStorage).setItem(NAME, key)
  },

  clear(): void {
    sessionStorage.removeItem(NAME)
    localStorage.removeItem(NAME)
  },
}
