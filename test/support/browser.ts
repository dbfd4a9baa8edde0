import type { LaunchOptions } from '@playwright/test';

/** The system's Chromium, quiet and without a sandbox, which containers do not allow it. */
export function chromiumOptions(): LaunchOptions {
  return {
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}
