/**
 * All checks, in order: types, lint, unit, browser, live. The last line is the count. What a
 * machine lacks is found or installed where that is possible; else what needs it is skipped with
 * the reason, and with CI=true a skip is a failure.
 *
 * `--only unit,browser` runs some of the steps. `--all` has `live` run every recorded scenario instead
 * of a chosen handful.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import getPort from 'get-port';
import * as v from 'valibot';
import { describeBroker } from '../server/broker/choose-broker.ts';
import { describeClient } from '../server/members/clients.ts';
import { readSettings } from '../server/settings.ts';
import { aptInstall, findChromium } from './chromium.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  readonly name: string;
  readonly run: () => Promise<Counts>;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, all: { type: 'boolean' } } });
const isCi = process.env['CI'] === 'true';
const reports = await mkdtemp(join(tmpdir(), 'playground-test-'));
const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

/** Runs one of the project's tools; its output goes to ours. */
async function tool(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const { failed } = await execa(command, args, {
    preferLocal: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    reject: false,
    env: environment,
  });
  return !failed;
}

/** A tool that passes or fails as a whole. */
const check =
  (command: string, ...args: readonly string[]) =>
  async (): Promise<Counts> =>
    (await tool(command, args)) ? PASSED : FAILED;

const vitestReport = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
});

/** Counts of a Vitest project; a project that cannot be run, or has no test, is one failure. */
const vitest = (project: string) => async (): Promise<Counts> => {
  const file = join(reports, `${project}.json`);
  const isDone = await tool('vitest', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = v.safeParse(vitestReport, await readJson(file));
  if (!report.success || report.output.numPassedTests === 0) return FAILED;
  const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = report.output;
  // A file that cannot be loaded fails without a failed test.
  const failed = numFailedTests === 0 && !isDone ? 1 : numFailedTests;
  return { passed, failed, skipped };
};

const playwrightReport = v.object({
  stats: v.object({
    expected: v.number(),
    unexpected: v.number(),
    flaky: v.number(),
    skipped: v.number(),
  }),
});

/** Counts of browser tests; a flaky one has failed. */
async function playwright(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Counts> {
  const file = join(reports, `browser-${args.length}.json`);
  const isDone = await tool('playwright', ['test', ...args], {
    ...environment,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    SITE_PORT: String(await getPort({ host: '127.0.0.1' })),
  });
  const report = v.safeParse(playwrightReport, await readJson(file));
  if (!report.success || report.output.stats.expected === 0) return FAILED;
  const { expected: passed, unexpected, flaky, skipped } = report.output.stats;
  const bad = unexpected + flaky;
  return { passed, failed: bad === 0 && !isDone ? 1 : bad, skipped };
}

async function readJson(file: string): Promise<unknown> {
  if (!existsSync(file)) return null;
  return JSON.parse(await readFile(file, 'utf8'));
}

function skip(reason: string): Counts {
  console.log(`Skipped: ${reason}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

const LIVE_SPEC = 'test/e2e/live.spec.ts';

async function browser(): Promise<Counts> {
  const { path, how } = await findChromium();
  console.log(how);
  if (path === null) return skip(how);
  return playwright({ CHROME_PATH: path, LIVE: 'no' });
}

/** What live tests need, and what to install where we may. */
async function live(): Promise<Counts> {
  let broker = await describeBroker(readSettings(process.env));
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (broker.kind === 'none' && mayInstall) {
    const failure = await aptInstall(['openjdk-17-jdk-headless', 'maven']);
    console.log(failure ?? 'Java and Maven: installed with apt, Debian’s packages.');
    broker = await describeBroker(readSettings(process.env));
  }
  if (!(await describeClient('librdkafka')).isAvailable && mayInstall) {
    const failure = await aptInstall(['python3-venv']);
    console.log(failure ?? 'Python: installed with apt, Debian’s package.');
  }
  console.log(`Broker: ${broker.text}`);
  if (broker.kind === 'none') return skip(`no broker can be started: ${broker.text}`);
  return vitest(values.all === true ? 'kafka-all' : 'kafka')();
}

async function liveInBrowser(): Promise<Counts> {
  const broker = await describeBroker(readSettings(process.env));
  if (broker.kind === 'none') return skip(`no broker can be started: ${broker.text}`);
  const { path, how } = await findChromium();
  if (path === null) return skip(how);
  return playwright({ CHROME_PATH: path, LIVE: 'only' }, LIVE_SPEC);
}

const STEPS: readonly Step[] = [
  {
    name: 'types',
    run: check('svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings'),
  },
  { name: 'lint', run: check('eslint', '.') },
  { name: 'format', run: check('prettier', '--check', '--log-level', 'warn', '.') },
  {
    name: 'imports',
    run: check(
      'depcruise',
      '--config',
      '.dependency-cruiser.js',
      'engine',
      'site',
      'server',
      'test',
    ),
  },
  { name: 'unused', run: check('knip') },
  { name: 'build', run: check('vite', 'build', '--logLevel', 'warn') },
  { name: 'unit', run: vitest('unit') },
  { name: 'browser', run: browser },
  { name: 'live', run: live },
  { name: 'live-browser', run: liveInBrowser },
];

const wanted = values.only?.split(',') ?? STEPS.map(({ name }) => name);
const unknown = wanted.find((name) => !STEPS.some((step) => step.name === name));
if (unknown !== undefined) {
  console.error(
    `There is no step "${unknown}"; the steps are ${STEPS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

let total: Counts = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
try {
  for (const { name, run } of STEPS.filter((step) => wanted.includes(step.name))) {
    console.log(`\n== ${name}`);
    const beganMs = Date.now();
    const counts = await run();
    const failed = counts.failed + (isCi ? counts.skipped : 0);
    const skipped = isCi ? 0 : counts.skipped;
    total = {
      passed: total.passed + counts.passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    };
    const seconds = ((Date.now() - beganMs) / 1_000).toFixed(1);
    const result = failed > 0 ? 'failed' : skipped > 0 ? 'skipped' : 'passed';
    summary.push(`${result.padEnd(8)} ${name.padEnd(14)} ${seconds} s`);
  }
} finally {
  await rm(reports, { recursive: true, force: true });
}
console.log(`\n${summary.join('\n')}`);
const skippedPart = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skippedPart}`);
process.exitCode = total.failed > 0 ? 1 : 0;
