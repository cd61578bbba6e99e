const HIDDEN_MS = 250

/** Calls back once a frame, or now and then while the page is not seen; returns what ends that. */
export function eachFrame(act: () => void): () => void {
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false
  const next = () => {
    if (over) return
    if (document.hidden) timer = setTimeout(run, HIDDEN_MS)
    else frame = requestAnimationFrame(run)
  }
  const run = () => {
    act()
    next()
  }
  const onVisibility = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    next()
  }
  document.addEventListener('visibilitychange', onVisibility)
  next()
  return () => {
    over = true
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  }
}
