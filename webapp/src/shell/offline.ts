const WORKER = 'worker.js'

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): {
    createScriptURL(url: string): string
  }
}

/** Lets the page open without its server, where the browser can: on localhost and over TLS. */
export function keepOffline(): void {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.register(trusted(WORKER)).catch(() => undefined) // the page works without
}

/** The only script address that the page makes, as its policy wants it. */
function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
  if (!types) return url
  const policy = types.createPolicy('corral', {
    createScriptURL(asked) {
      if (asked !== WORKER) throw new TypeError(`no script is at ${asked}`)
      return asked
    },
  })
  return policy.createScriptURL(url)
}
