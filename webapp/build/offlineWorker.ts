import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { transformWithEsbuild, type Plugin } from 'vite'

/** What is fetched when it is first needed, rather than along with the page. */
const ON_DEMAND = /\.(woff2|map)$/

/** Writes worker.js from src/worker.ts, which learns here what the page consists of. */
export function offlineWorker(): Plugin {
  let root = ''
  return {
    name: 'corral-offline-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    async generateBundle(_, bundle) {
      const assets = Object.keys(bundle).filter((name) => name.startsWith('assets/') && !ON_DEMAND.test(name))
      const files = ['./', 'corral.webmanifest', 'icon.svg', ...assets.sort()]
      const index = bundle['index.html']
      const digest = createHash('sha256')
        .update(files.join())
        .update(index && 'source' in index ? index.source : '')
      const source = await readFile(join(root, 'src/worker.ts'), 'utf8')
      const { code } = await transformWithEsbuild(source, 'worker.ts', {
        minify: true,
        target: 'es2022',
        define: {
          __FILES__: JSON.stringify(files),
          __VERSION__: JSON.stringify(digest.digest('hex').slice(0, 12)),
        },
      })
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: code })
    },
  }
}
