import type { ConversationInfo, Message } from './message.ts'

const VERSION = 1
const CONVERSATIONS = 'conversations'
const MESSAGES = 'messages'

/** Conversations in this browser's IndexedDB. */
export class ConversationStore {
  private constructor(private readonly database: IDBDatabase) {}

  static async open(name = 'corral'): Promise<ConversationStore> {
    const request = indexedDB.open(name, VERSION)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(CONVERSATIONS, { keyPath: 'id' })
      request.result
        .createObjectStore(MESSAGES, { keyPath: 'id' })
        .createIndex('conversation', 'conversation')
    }
    const database = await done(request)
    database.onversionchange = () => database.close()
    return new ConversationStore(database)
  }

  /** Latest first. */
  async list(): Promise<ConversationInfo[]> {
    const all = await done<ConversationInfo[]>(this.read(CONVERSATIONS).getAll())
    return all.sort((a, b) => b.updated - a.updated)
  }

  messages(conversation: string): Promise<Message[]> {
    return done<Message[]>(this.read(MESSAGES).index('conversation').getAll(conversation))
  }

  async put(info: ConversationInfo): Promise<void> {
    await done(this.write(CONVERSATIONS).put(info))
  }

  async putMessage(message: Message): Promise<void> {
    await done(this.write(MESSAGES).put(message))
  }

  async removeMessages(ids: string[]): Promise<void> {
    const messages = this.write(MESSAGES)
    await Promise.all(ids.map((id) => done(messages.delete(id))))
  }

  async remove(conversation: string): Promise<void> {
    const ids = await done(this.read(MESSAGES).index('conversation').getAllKeys(conversation))
    const transaction = this.database.transaction([CONVERSATIONS, MESSAGES], 'readwrite')
    transaction.objectStore(CONVERSATIONS).delete(conversation)
    for (const id of ids) transaction.objectStore(MESSAGES).delete(id)
    await ended(transaction)
  }

  /** All or nothing. */
  async putAll(infos: ConversationInfo[], messages: Message[]): Promise<void> {
    const transaction = this.database.transaction([CONVERSATIONS, MESSAGES], 'readwrite')
    for (const info of infos) transaction.objectStore(CONVERSATIONS).put(info)
    for (const message of messages) transaction.objectStore(MESSAGES).put(message)
    await ended(transaction)
  }

  /** Conversations in whose messages every word occurs. */
  async search(text: string): Promise<Set<string>> {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean)
    const found = new Set<string>()
    await each<Message>(this.read(MESSAGES).openCursor(), (message) => {
      const content = message.text.toLocaleLowerCase()
      if (words.every((word) => content.includes(word))) found.add(message.conversation)
    })
    return found
  }

  close(): void {
    this.database.close()
  }

  private read(name: string): IDBObjectStore {
    return this.database.transaction(name, 'readonly').objectStore(name)
  }

  private write(name: string): IDBObjectStore {
    return this.database.transaction(name, 'readwrite').objectStore(name)
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = transaction.onerror = () => reject(transaction.error)
  })
}

function each<T>(request: IDBRequest<IDBCursorWithValue | null>, visit: (value: T) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const cursor = request.result
      if (!cursor) return resolve()
      visit(cursor.value as T)
      cursor.continue()
    }
  })
}
