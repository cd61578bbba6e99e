import type { Message } from '../conversation/message.ts'

/** The message that is being edited, in place. */
class Editing {
  id = $state<string | null>(null)

  begin(message: Message): void {
    this.id = message.id
  }

  end(): void {
    this.id = null
  }
}

export const editing = new Editing()
