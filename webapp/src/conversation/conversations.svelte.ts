import { SvelteSet } from 'svelte/reactivity'
import { fromFile, toFile } from './archive.ts'
import { newId, type ConversationInfo, type Message } from './message.ts'
import { titleOf } from './request.ts'
import { ConversationStore } from './store.ts'
import { newestLeaf, pathTo, siblings, subtree } from './tree.ts'

/** All conversations of this browser, and the one that is open. */
class Conversations {
  list = $state<ConversationInfo[]>([])
  open = $state<ConversationInfo | null>(null)
  messages = $state<Record<string, Message>>({})
  /** The system prompt that a new conversation begins with. */
  draftSystem = $state('')
  ready = $state(false)
  /** The message that is being written, whichever conversation is open. */
  writing: Message | null = null
  /** This browser keeps nothing, as in some private windows. */
  forgetful = $state(false)

  /** Ids of conversations whose text has what is searched for; null where nothing is. */
  found = $state<SvelteSet<string> | null>(null)

  readonly path = $derived(pathTo(this.messages, this.open?.leaf ?? null))

  private store: ConversationStore | null = null

  async start(): Promise<void> {
    try {
      this.store = await ConversationStore.open()
      this.list = await this.store.list()
    } catch {
      this.forgetful = true
    }
    this.ready = true
  }

  async show(id: string): Promise<boolean> {
    if (this.open?.id === id) return true
    const info = this.list.find((each) => each.id === id)
    if (!info) return false
    const stored = (await this.store?.messages(id)) ?? []
    this.messages = Object.fromEntries(stored.map((message) => [message.id, brokenOff(message)]))
    const writing = this.writing
    if (writing?.conversation === id) this.messages[writing.id] = writing
    this.open = info
    return true
  }

  startNew(): void {
    this.open = null
    this.messages = {}
  }

  /** The open conversation; a new one, begun by a text, where there is none. */
  async begin(text: string): Promise<ConversationInfo> {
    if (this.open) return this.open
    const now = Date.now()
    this.list.unshift({
      id: newId(),
      title: titleOf(text),
      named: false,
      created: now,
      updated: now,
      system: this.draftSystem,
      leaf: null,
    })
    this.open = this.list[0]!
    await this.keep(this.open)
    return this.open
  }

  /** Puts a message into the open conversation, at the end of the branch that is shown. */
  async add(message: Message): Promise<Message> {
    const open = this.open
    if (!open) throw new Error('no conversation is open')
    this.messages[message.id] = message
    open.leaf = message.id
    open.updated = Date.now()
    this.list.sort((a, b) => b.updated - a.updated)
    await this.keepMessage(message)
    await this.keep(open)
    return this.messages[message.id]!
  }

  async keepMessage(message: Message): Promise<void> {
    await this.store?.putMessage($state.snapshot(message) as Message)
  }

  async rename(info: ConversationInfo, title: string): Promise<void> {
    info.title = title.trim() || info.title
    info.named = true
    await this.keep(info)
  }

  async setSystem(system: string): Promise<void> {
    if (!this.open) {
      this.draftSystem = system
      return
    }
    this.open.system = system
    await this.keep(this.open)
  }

  get system(): string {
    return this.open?.system ?? this.draftSystem
  }

  async remove(info: ConversationInfo): Promise<void> {
    await this.store?.remove(info.id)
    this.list = this.list.filter((each) => each.id !== info.id)
    if (this.open?.id === info.id) this.startNew()
  }

  /** Takes a message and all that follows it away. */
  async removeFrom(message: Message): Promise<void> {
    const open = this.open
    if (!open) return
    const others = siblings(this.messages, message).filter((each) => each.id !== message.id)
    const ids = subtree(this.messages, message.id)
    for (const id of ids) delete this.messages[id]
    const next = others.at(-1)
    open.leaf = next ? newestLeaf(this.messages, next.id) : message.parent
    await this.store?.removeMessages(ids)
    await this.keep(open)
  }

  /** Shows another branch at a message: so many further on among its siblings. */
  async walk(message: Message, by: number): Promise<void> {
    const all = siblings(this.messages, message)
    const to = all[all.findIndex((each) => each.id === message.id) + by]
    if (!to || !this.open) return
    this.open.leaf = newestLeaf(this.messages, to.id)
    await this.keep(this.open)
  }

  async setLeaf(leaf: string | null): Promise<void> {
    if (!this.open) return
    this.open.leaf = leaf
    await this.keep(this.open)
  }

  async search(text: string): Promise<void> {
    const wanted = text.trim().toLocaleLowerCase()
    if (!wanted) {
      this.found = null
      return
    }
    const ids = (await this.store?.search(wanted)) ?? new Set()
    for (const info of this.list) if (info.title.toLocaleLowerCase().includes(wanted)) ids.add(info.id)
    this.found = new SvelteSet(ids)
  }

  /** The text of a file with these conversations. */
  async export(infos: ConversationInfo[]): Promise<string> {
    const messages = await Promise.all(infos.map((info) => this.store?.messages(info.id) ?? []))
    return toFile({ infos: $state.snapshot(infos), messages: messages.flat() })
  }

  /** Takes in the conversations of a file; how many there were. */
  async import(text: string): Promise<number> {
    const archive = fromFile(text)
    await this.store?.putAll(archive.infos, archive.messages)
    this.list = [...archive.infos, ...this.list].sort((a, b) => b.updated - a.updated)
    return archive.infos.length
  }

  private async keep(info: ConversationInfo): Promise<void> {
    await this.store?.put($state.snapshot(info))
  }
}

/** An answer that was being written when the page was left. */
function brokenOff(message: Message): Message {
  return message.state === 'writing' ? { ...message, state: 'cut' } : message
}

export const conversations = new Conversations()
