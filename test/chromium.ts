import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { execa } from 'execa';

/** A browser for the tests, and one line on how it was come by; or why there is none. */
export interface FoundChromium {
  readonly path: string | null;
  readonly how: string;
}

const KNOWN_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** CHROME_PATH, a known place, Playwright's own, or, as root on Debian, Debian's package. */
export async function findChromium(): Promise<FoundChromium> {
  const given = process.env['CHROME_PATH'];
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return { path: given, how: `Chromium: ${given} (CHROME_PATH).` };
    return { path: null, how: `CHROME_PATH is ${given}, and nothing is there.` };
  }
  const known = KNOWN_PLACES.find((place) => existsSync(place));
  if (known !== undefined) return { path: known, how: `Chromium: ${known}.` };
  const own = chromium.executablePath();
  if (existsSync(own)) return { path: own, how: 'Chromium: Playwright’s own.' };
  return installOnDebian();
}

async function installOnDebian(): Promise<FoundChromium> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/etc/debian_version')) {
    return {
      path: null,
      how: 'There is no Chromium; install one, or set CHROME_PATH to it.',
    };
  }
  const failure = await aptInstall(['chromium']);
  if (failure === null) {
    return { path: '/usr/bin/chromium', how: 'Chromium: installed with apt, Debian’s package.' };
  }
  return { path: null, how: `Chromium could not be installed with apt: ${failure}` };
}

/** Installs Debian packages; null when that went well, else the last lines that apt printed. */
export async function aptInstall(packages: readonly string[]): Promise<string | null> {
  const options = { reject: false, all: true, env: { DEBIAN_FRONTEND: 'noninteractive' } } as const;
  await execa('apt-get', ['update', '-q'], options);
  const result = await execa(
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...packages],
    options,
  );
  return result.failed ? (result.message ?? '').slice(-300) : null;
}
