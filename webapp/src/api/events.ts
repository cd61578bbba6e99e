/** The data of each server-sent event in a stream, as it comes. Comments and other fields are left out. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const lines = new LineBuffer()
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      lines.add(done ? decoder.decode() : decoder.decode(value, { stream: true }))
      for (const line of lines.take(done)) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n')
          data = []
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line.startsWith('data: ') ? 6 : 5))
        }
      }
      if (done) {
        if (data.length > 0) yield data.join('\n')
        return
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Cuts text into lines that end with LF or CR LF, wherever the pieces were cut. */
class LineBuffer {
  private rest = ''

  add(text: string): void {
    this.rest += text
  }

  /** The whole lines; with the last one that has no end, if there will be no more. */
  take(last: boolean): string[] {
    const lines = this.rest.split('\n')
    this.rest = last ? '' : (lines.pop() ?? '')
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
}
