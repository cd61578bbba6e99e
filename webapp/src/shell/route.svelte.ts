export const TABS = ['chat', 'notebook', 'status'] as const
export type Tab = (typeof TABS)[number]

/** Where in the page a person is, as the address has it: `#/chat/ID`, `#/notebook`, `#/status`. */
class Route {
  tab = $state<Tab>('chat')
  conversation = $state<string | null>(null)

  start(): void {
    this.read()
    addEventListener('hashchange', () => this.read())
  }

  go(tab: Tab, conversation: string | null = null): void {
    const hash = addressOf(tab, conversation)
    if (location.hash !== hash) location.hash = hash
    this.read()
  }

  private read(): void {
    const [, tab, id] = location.hash.split('/')
    this.tab = TABS.find((each) => each === tab) ?? 'chat'
    this.conversation = this.tab === 'chat' && id ? decodeURIComponent(id) : null
  }
}

export function addressOf(tab: Tab, conversation: string | null = null): string {
  return `#/${tab}${conversation ? `/${encodeURIComponent(conversation)}` : ''}`
}

export const route = new Route()
