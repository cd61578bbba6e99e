import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { compressed } from './build/compressed.ts'
import { offlineWorker } from './build/offlineWorker.ts'
import { modernFonts } from './build/modernFonts.ts'

/** A server to develop against: scripts/serve. */
const SERVER = process.env['CORRAL_URL'] ?? 'http://127.0.0.1:8080'
const ROUTES = '^/(v1|api|props|slots|health|ready|metrics|models|completion|infill|tokenize|apply-template)'

export default defineConfig({
  plugins: [svelte(), modernFonts(), offlineWorker(), compressed()],
  base: './',
  build: {
    outDir: '../build/webapp',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { hashCharacters: 'hex' } },
  },
  server: { proxy: { [ROUTES]: { target: SERVER, ws: true } } },
  test: {
    include: ['test/unit/**/*.test.ts'],
    setupFiles: ['test/unit/globals.ts'],
    reporters: process.env['CORRAL_REPORTS'] ? ['default', 'junit'] : ['default'],
    outputFile: { junit: `${process.env['CORRAL_REPORTS'] ?? '.'}/web-unit.xml` },
  },
})
