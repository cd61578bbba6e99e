/// <reference lib="webworker" />
// Keeps the page's own files, so that it opens without its server. What the server answers is never kept.

declare const __FILES__: string[]
declare const __VERSION__: string

const worker = self as unknown as ServiceWorkerGlobalScope
const KEPT = `corral-${__VERSION__}`
const ASSETS = new URL('assets/', worker.registration.scope).pathname
const PAGE = new URL('./', worker.registration.scope).pathname
const OTHERS = new Set(__FILES__.map((file) => new URL(file, worker.registration.scope).pathname))

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(__FILES__))
      .then(() => worker.skipWaiting()),
  )
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  )
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return
  if (url.pathname.startsWith(ASSETS)) event.respondWith(keptFirst(request))
  else if (url.pathname === PAGE || OTHERS.has(url.pathname)) event.respondWith(serverFirst(request))
})

/** Names of assets change with their content, so one that is kept is right. */
async function keptFirst(request: Request): Promise<Response> {
  const kept = await caches.match(request, { ignoreVary: true })
  if (kept) return kept
  const fresh = await fetch(request)
  if (fresh.ok) await (await caches.open(KEPT)).put(request, fresh.clone())
  return fresh
}

async function serverFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (gone) {
    const kept = await caches.match(request, { ignoreSearch: true, ignoreVary: true })
    if (kept) return kept
    throw gone
  }
}
