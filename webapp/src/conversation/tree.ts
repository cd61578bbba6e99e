import type { Message } from './message.ts'

type Messages = Readonly<Record<string, Message>>

/** The messages from the first one to a leaf. */
export function pathTo(messages: Messages, leaf: string | null): Message[] {
  const path: Message[] = []
  const met = new Set<string>()
  for (let id = leaf; id !== null && !met.has(id);) {
    const message: Message | undefined = messages[id]
    if (!message) break
    met.add(id)
    path.push(message)
    id = message.parent
  }
  return path.reverse()
}

/** A message and its branches, oldest first. */
export function siblings(messages: Messages, message: Message): Message[] {
  return children(messages, message.parent)
}

export function children(messages: Messages, parent: string | null): Message[] {
  return Object.values(messages)
    .filter((message) => message.parent === parent)
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
}

/** The end of the newest branch below a message. */
export function newestLeaf(messages: Messages, from: string): string {
  let leaf = from
  for (;;) {
    const next = children(messages, leaf).at(-1)
    if (!next) return leaf
    leaf = next.id
  }
}

/** A message and everything below it. */
export function subtree(messages: Messages, root: string): string[] {
  const found = [root]
  for (const id of found) found.push(...children(messages, id).map((child) => child.id))
  return found
}
