import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { chromiumOptions } from './support/browser.ts';
import { divergingText, messagesOf, recordingText, stageRuns } from './support/staged-bridge.ts';

/**
 * Takes pictures of the built site: `docs/lesson-1.png` for the README, and with a folder as
 * argument also the page wide, narrow, light and dark, for looking at.
 */
const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface Shot {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
  /** What to do before the picture is taken. */
  readonly prepare: (page: Page) => Promise<void>;
}

/** In the middle of the rebalance, where members disagree about where they are. */
async function showRevoking(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show: The first member gives up' }).click();
  await page.getByRole('checkbox', { name: /zoom in/ }).check();
  for (let count = 0; count < 9; count += 1) await page.keyboard.press('ArrowRight');
}

async function showTab(page: Page, name: string): Promise<void> {
  await showRevoking(page);
  await page.getByRole('tab', { name }).click();
  await page.getByRole('tabpanel').scrollIntoViewIfNeeded();
  if (name === 'Diagram') await page.getByRole('img', { name: /Sequence diagram/ }).waitFor();
  if (name === 'Machine') await page.getByRole('img', { name: /State machine/ }).waitFor();
}

const KAFKAJS = 'kafkajs-join.recording.jsonl';
/** After a run that has diverged from its simulation. */
async function showComparison(page: Page): Promise<void> {
  await stageRuns(page, messagesOf(divergingText()));
  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByRole('radio', { name: /^kafkajs:/ }).check();
  await page.getByRole('button', { name: 'Run on real Kafka (kafkajs)' }).click();
  await page.getByRole('region', { name: 'Verdict' }).waitFor();
  await page.getByRole('button', { name: 'Show where they part: kafkajs, real' }).click();
  await page.getByRole('region', { name: 'Verdict' }).scrollIntoViewIfNeeded();
}

/** Of two recordings, the second against the first. */
async function showOpened(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Live' }).click();
  for (const name of [KAFKAJS, 'eager-join.recording.jsonl']) {
    const mimeType = 'application/jsonl';
    const text = recordingText(name).replace('"name":"kafkajs-join"', '"name":"eager-join"');
    await page
      .getByLabel('Choose a recording')
      .setInputFiles({ name, mimeType, buffer: Buffer.from(text) });
    await page.getByRole('region', { name: 'Verdict' }).waitFor();
  }
  await page.getByRole('radio', { name: /^the run before it/ }).check();
  await page.getByRole('heading', { name: 'The runs diverge' }).waitFor();
}

const SHOTS: readonly Shot[] = [
  { name: 'wide-first', width: 1440, height: 900, scheme: 'light', prepare: async () => {} },
  { name: 'wide-dark', width: 1440, height: 900, scheme: 'dark', prepare: showRevoking },
  { name: 'phone-first', width: 390, height: 844, scheme: 'light', prepare: async () => {} },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark', prepare: showRevoking },
  { name: 'narrow-320', width: 320, height: 640, scheme: 'light', prepare: showRevoking },
  ...['Diagram', 'Machine', 'Live'].map((tab) => ({
    name: `wide-${tab.toLowerCase()}`,
    width: 1440,
    height: 1400,
    scheme: 'light' as const,
    prepare: (page: Page) => showTab(page, tab),
  })),
  {
    name: 'phone-machine-dark',
    width: 390,
    height: 844,
    scheme: 'dark',
    prepare: (page) => showTab(page, 'Machine'),
  },
];

/** Long views in full. */
const LONG_SHOTS: readonly Shot[] = [
  { name: 'wide-compared', width: 1440, height: 3_400, scheme: 'light', prepare: showComparison },
  {
    name: 'wide-compared-dark',
    width: 1440,
    height: 3_400,
    scheme: 'dark',
    prepare: showComparison,
  },
  {
    name: 'double-size-compared',
    width: 720,
    height: 4_500,
    scheme: 'light',
    prepare: showComparison,
  },
  { name: 'narrow-compared', width: 320, height: 6_500, scheme: 'light', prepare: showComparison },
  { name: 'wide-opened', width: 1440, height: 3_400, scheme: 'light', prepare: showOpened },
  { name: 'phone-opened-dark', width: 390, height: 6_500, scheme: 'dark', prepare: showOpened },
];

async function take(browser: Browser, url: string, shot: Shot, path: string): Promise<void> {
  const { width, height, scheme } = shot;
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  await page.goto(url);
  await page.getByRole('article', { name: 'Coordinator' }).waitFor();
  await shot.prepare(page);
  await page.screenshot({ path });
  await page.close();
}

const [folder] = process.argv.slice(2);
await build({ configFile: fromRoot('vite.config.ts'), logLevel: 'warn' });
const server = await preview({ configFile: fromRoot('vite.config.ts'), preview: { port: 0 } });
const browser = await chromium.launch(chromiumOptions());
try {
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('vite preview told no address');
  await mkdir(fromRoot('docs'), { recursive: true });
  const picture: Shot = {
    name: '',
    width: 1440,
    height: 960,
    scheme: 'light',
    prepare: showRevoking,
  };
  await take(browser, url, picture, fromRoot('docs/lesson-1.png'));
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    for (const shot of [...SHOTS, ...LONG_SHOTS])
      await take(browser, url, shot, join(folder, `${shot.name}.png`));
  }
} finally {
  await browser.close();
  await server.close();
}
