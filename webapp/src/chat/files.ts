import { conversations } from '../conversation/conversations.svelte.ts'
import type { ConversationInfo } from '../conversation/message.ts'
import { t } from '../i18n/i18n.svelte.ts'
import { shell } from '../shell/shell.svelte.ts'

/** Gives a person a file with conversations. */
export async function saveConversations(infos: ConversationInfo[]): Promise<void> {
  const text = await conversations.export(infos)
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `corral-${new Date().toISOString().slice(0, 10)}.json`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

export async function openConversations(file: File): Promise<void> {
  try {
    shell.show(t('side.imported', { n: await conversations.import(await file.text()) }))
  } catch {
    shell.show(t('side.notImported'))
  }
}
