import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(html|js|css|svg|webmanifest)$/
const WORTHWHILE_BYTES = 256

/** Puts a gzip and a Brotli form beside each file that gets smaller by them. */
export function compressed(): Plugin {
  let folder = ''
  return {
    name: 'corral-compressed',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir)
    },
    async closeBundle() {
      for (const name of await readdir(folder, { recursive: true })) {
        if (!COMPRESSIBLE.test(name)) continue
        const bytes = await readFile(join(folder, name))
        if (bytes.length < WORTHWHILE_BYTES) continue
        await writeFile(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }))
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 }
        await writeFile(join(folder, `${name}.br`), brotliCompressSync(bytes, { params: quality }))
      }
    },
  }
}
