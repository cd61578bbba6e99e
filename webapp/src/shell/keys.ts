import { answers } from '../conversation/answers.svelte.ts'
import { route, TABS } from './route.svelte.ts'
import { shell } from './shell.svelte.ts'

/** Keys that work everywhere in the page. */
export function handleKey(event: KeyboardEvent): void {
  if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
    if (shell.sideOpen) shell.sideOpen = false
    else answers.stop()
    return
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return
  const tab = TABS[['Digit1', 'Digit2', 'Digit3'].indexOf(event.code)]
  if (tab) route.go(tab)
  else if (event.code === 'KeyN') newChat()
  else if (event.code === 'KeyK') focusSearch()
  else if (event.code === 'KeyI') document.querySelector<HTMLElement>('[data-main-input]')?.focus()
  else if (event.code === 'Comma') shell.settingsOpen = true
  else return
  event.preventDefault()
}

export function newChat(): void {
  shell.sideOpen = false
  route.go('chat')
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-main-input]')?.focus())
}

function focusSearch(): void {
  shell.sideOpen = true
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-search]')?.focus())
}
