import { chat, type ChatEvent } from '../api/chat.ts'
import { Fault } from '../api/fault.ts'
import { server } from '../api/server.svelte.ts'
import { chosenModel } from '../settings/model.ts'
import { settings } from '../settings/settings.svelte.ts'
import { conversations } from './conversations.svelte.ts'
import { eachFrame } from './frames.ts'
import { newId, type Message } from './message.ts'
import { apiMessages } from './request.ts'
import { pathTo } from './tree.ts'

const KEEP_EVERY_MS = 700

/** Asks for answers and writes them into the open conversation. One at a time. */
class Answers {
  /** The message that is being written. */
  writing = $state<Message | null>(null)
  /** The part of the prompt that is read, from 0 to 1; null once the answer has begun. */
  reading = $state<number | null>(null)

  private abort: AbortController | null = null

  async send(text: string, images: string[]): Promise<void> {
    if (this.writing) return
    const info = await conversations.begin(text)
    await this.ask(info.id, {
      role: 'user',
      text,
      parent: info.leaf,
      ...(images.length > 0 ? { images } : {}),
    })
  }

  /** A message in place of another: a branch beside it, with an answer of its own. */
  async edit(message: Message, text: string): Promise<void> {
    if (this.writing) return
    await this.ask(message.conversation, {
      role: 'user',
      text,
      parent: message.parent,
      ...(message.images ? { images: [...message.images] } : {}),
    })
  }

  /** What a tool gave back; once every call has its result, the model goes on. */
  async answerCall(message: Message, call: string, result: string): Promise<void> {
    const open = conversations.open
    if (!open) return
    await conversations.add(
      created(open.id, { role: 'tool', text: result, answers: call, parent: open.leaf }),
    )
    const answered = new Set(conversations.path.flatMap((each) => each.answers ?? []))
    if (message.calls?.every((each) => answered.has(each.id))) await this.answer(open.id, open.leaf)
  }

  /** Another answer to the same message. */
  async regenerate(message: Message): Promise<void> {
    await this.answer(message.conversation, message.parent)
  }

  /** Goes on where an answer ended. */
  async resume(message: Message): Promise<void> {
    if (this.writing) return
    delete message.fault
    await this.write(message)
  }

  stop(): void {
    this.abort?.abort()
  }

  private async ask(conversation: string, part: Partial<Message>): Promise<void> {
    const message = await conversations.add(created(conversation, part))
    await this.answer(conversation, message.id)
  }

  private async answer(conversation: string, parent: string | null): Promise<void> {
    if (this.writing) return
    const message = created(conversation, { role: 'assistant', parent, text: '', state: 'writing' })
    await this.write(await conversations.add(message))
  }

  private async write(message: Message): Promise<void> {
    const abort = new AbortController()
    this.abort = abort
    this.writing = conversations.writing = message
    this.reading = 0
    message.state = 'writing'
    const before = apiMessages(conversations.system, pathTo(conversations.messages, message.parent))
    if (message.text) before.push({ role: 'assistant', content: message.text })
    const model = chosenModel()?.id
    if (model) message.model = model
    const request = { ...settings.request(), messages: before, ...(model ? { model } : {}) }
    message.json = 'response_format' in request
    const draft = new Draft(message)
    try {
      let reason = ''
      for await (const event of chat(request, abort.signal)) {
        if (event.kind === 'reading') this.reading = event.of > 0 ? event.done / event.of : 0
        else this.reading = null
        if (event.kind === 'end') reason = event.reason
        draft.take(event)
      }
      draft.end()
      message.state = reason === 'length' ? 'length' : 'done'
    } catch (thrown) {
      draft.end()
      this.fail(message, thrown, abort.signal.aborted)
    } finally {
      this.writing = conversations.writing = null
      this.reading = null
      this.abort = null
      await conversations.keepMessage(message)
    }
  }

  private fail(message: Message, thrown: unknown, stopped: boolean): void {
    if (stopped) {
      message.state = 'stopped'
      return
    }
    const fault = Fault.of(thrown)
    server.learn(fault)
    message.state = message.text ? 'cut' : 'failed'
    message.fault = {
      kind: fault.kind,
      detail: fault.facts.detail,
      ...(fault.facts.retryAfter === undefined ? {} : { retryAfter: fault.facts.retryAfter }),
    }
  }
}

/** Gathers what comes between two frames, so that a message changes once a frame however fast the model is. */
class Draft {
  private text = ''
  private reasoning = ''
  private kept = Date.now()
  private readonly stopFrames: () => void

  constructor(private readonly message: Message) {
    this.stopFrames = eachFrame(() => this.flush())
  }

  take(event: ChatEvent): void {
    switch (event.kind) {
      case 'text':
        this.text += event.text
        break
      case 'reasoning':
        this.reasoning += event.text
        break
      case 'tool':
        this.call(event)
        break
      case 'stats':
        this.flush()
        this.message.stats = event.stats
        break
    }
  }

  end(): void {
    this.stopFrames()
    this.flush()
  }

  private flush(): void {
    const message = this.message
    if (this.text) message.text += this.text
    if (this.reasoning) message.reasoning = (message.reasoning ?? '') + this.reasoning
    if (!this.text && !this.reasoning) return
    this.text = this.reasoning = ''
    if (Date.now() - this.kept > KEEP_EVERY_MS) {
      this.kept = Date.now()
      void conversations.keepMessage(message)
    }
  }

  private call(event: Extract<ChatEvent, { kind: 'tool' }>): void {
    this.message.calls ??= []
    this.message.calls[event.index] ??= { id: event.id ?? newId(), name: '', args: '' }
    const call = this.message.calls[event.index]! // looked up again: what is assigned becomes reactive only there
    if (event.id) call.id = event.id
    call.name += event.name ?? ''
    call.args += event.args ?? ''
  }
}

function created(conversation: string, part: Partial<Message>): Message {
  return { id: newId(), conversation, parent: null, role: 'user', text: '', created: Date.now(), ...part }
}

export const answers = new Answers()
