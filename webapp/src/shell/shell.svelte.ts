/** What lies over the page, and what was just said to those who listen. */
class Shell {
  sideOpen = $state(false)
  settingsOpen = $state(false)
  helpOpen = $state(false)
  keyOpen = $state(false)
  /** Read out by screen readers. */
  said = $state('')
  /** Shown for a while. */
  notice = $state('')

  private timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    this.said = text
  }

  show(text: string): void {
    this.notice = text
    this.said = text
    clearTimeout(this.timer)
    this.timer = setTimeout(() => (this.notice = ''), 5_000)
  }
}

export const shell = new Shell()
