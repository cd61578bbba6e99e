import { defineConfig } from '@playwright/test'

const reports = process.env['CORRAL_REPORTS']
const asRoot = process.getuid?.() === 0

/** Needs a server: scripts/test web starts one, and gives its address as CORRAL_URL. */
export default defineConfig({
  testDir: process.env['CORRAL_SCREENSHOTS'] ? 'test/screenshots' : 'test/browser',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env['CI']),
  retries: 1, // a machine may be too busy for a browser's time limits
  reporter: reports ? [['line'], ['junit', { outputFile: `${reports}/web-browser.xml` }]] : 'line',
  use: {
    baseURL: process.env['CORRAL_URL'] ?? 'http://127.0.0.1:8080',
    locale: 'en-GB',
    serviceWorkers: 'block',
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CORRAL_BROWSER'] ?? '/usr/bin/chromium',
      args: asRoot ? ['--no-sandbox'] : [], // Chromium's sandbox refuses to run as root
    },
  },
})
