import { defineConfig } from '@playwright/test';
import { chromiumOptions } from './test/support/browser.ts';

/** The runner of all tests picks a free one. */
const PORT = Number(process.env['SITE_PORT'] ?? 41_731);
/** `no`: all but the live run; `only`: what the file argument says; not set: all. */
const live = process.env['LIVE'];

export default defineConfig({
  testDir: 'test/e2e',
  testIgnore: live === 'no' ? ['**/live.spec.ts'] : [],
  outputDir: 'test-results',
  // Two cores are shared with the browser and, in live runs, a broker.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: process.env['CI'] === 'true',
  reporter:
    process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] === undefined ? [['line']] : [['line'], ['json']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    launchOptions: chromiumOptions(),
    viewport: { width: 1440, height: 900 },
  },
  webServer: {
    command: `node server/bin.js serve --port ${PORT}`,
    url: `http://127.0.0.1:${PORT}/`,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGINT', timeout: 20_000 },
    timeout: 60_000,
  },
});
