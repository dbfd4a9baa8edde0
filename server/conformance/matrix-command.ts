import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import {
  CLIENT_KINDS,
  PlaygroundError,
  parseJson,
  parseOutcome,
  type ClientKind,
} from '../../engine/index.ts';
import { readScenario, readText, readTrace } from '../files.ts';
import { fromProject } from '../paths.ts';
import { readKafkaVersion, readSettings } from '../settings.ts';
import { ownClientOf } from './cells.ts';
import type { EarlierRun } from './judge.ts';
import { keyOf, parseResults, printResults, type MatrixResult } from './matrix-results.ts';
import { withMatrix } from './matrix-table.ts';
import { runMatrix, type MatrixScenario, type Order } from './run-matrix.ts';

const RECORDINGS = fromProject('test/recordings');
const RESULTS = fromProject('test/conformance/matrix.jsonl');
const README = fromProject('README.md');

const EXIT_DIFFERENT = 1;
const EXIT_COULD_NOT = 2;

interface MatrixFlags {
  readonly scenarios: readonly string[];
  readonly clients: readonly (ClientKind | 'own')[];
  readonly kafkaVersions: readonly string[];
  readonly onlyMissing?: boolean;
  readonly atOnce: number;
}

/** Adds `playground matrix`; `untilInterrupt` runs what the first Ctrl-C ends. */
export function addMatrixCommand(
  program: Command,
  untilInterrupt: <Result>(act: (signal: AbortSignal) => Promise<Result>) => Promise<Result>,
  say: (line: string) => void,
): void {
  program
    .command('matrix')
    .description(
      'runs every recorded scenario by clients on versions of Kafka, compares, and writes the table of README.md',
    )
    .option('--scenarios <names>', 'only these; * stands for anything', readList, ['*'])
    .option('--clients <clients>', 'own (each scenario’s), or clients by name', readClients, [
      'own',
    ])
    .option('--kafka-versions <versions>', 'versions of the broker', readVersions, [
      readSettings({}).kafkaVersion,
    ])
    .option('--only-missing', 'leaves out what there is a result of')
    .option('--at-once <count>', 'runs so many at once', readAtOnce, 4)
    .action(async (flags: MatrixFlags) => {
      const { differs, failedCount } = await untilInterrupt((signal) =>
        carryOut(flags, say, signal),
      );
      if (failedCount > 0) process.exitCode = EXIT_COULD_NOT;
      else if (differs) process.exitCode = EXIT_DIFFERENT;
    });
}

async function carryOut(
  flags: MatrixFlags,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ readonly differs: boolean; readonly failedCount: number }> {
  const results = new Map((await readResults()).map((result) => [keyOf(result), result]));
  const orders = (await readOrders(flags)).filter(
    ({ scenario, client, kafka }) =>
      flags.onlyMissing !== true || !results.has(keyOf({ scenario: scenario.name, client, kafka })),
  );
  say(`${orders.length} combinations.`);
  const made: MatrixResult[] = [];
  const onResult = async (result: MatrixResult): Promise<void> => {
    made.push(result);
    results.set(keyOf(result), result);
    await writeFile(RESULTS, printResults([...results.values()]));
  };
  const settings = readSettings(process.env);
  const failedCount = await runMatrix(
    orders,
    settings,
    flags.atOnce,
    { onResult, onProgress: say },
    signal,
  );
  const readme = await readText(README);
  await writeFile(README, withMatrix(readme, [...results.values()], README));
  const differs = made.some(
    (result) => 'runs' in result && result.runs.at(-1)?.result === 'divergence',
  );
  return { differs, failedCount };
}

async function readResults(): Promise<readonly MatrixResult[]> {
  return parseResults(await readFile(RESULTS, 'utf8').catch(() => ''), RESULTS);
}

/** Version by version, since each needs its brokers; of each version, what takes longest first. */
async function readOrders(flags: MatrixFlags): Promise<readonly Order[]> {
  const scenarios = await readScenarios(flags.scenarios);
  const sorted = [...scenarios].sort((a, b) => b.scenario.untilMs - a.scenario.untilMs);
  return flags.kafkaVersions.flatMap((kafka) =>
    sorted.flatMap((each) => {
      const own = ownClientOf(each.scenario);
      const clients = flags.clients.map((client) => (client === 'own' ? own : client));
      return [...new Set(clients)]
        .filter((client) => client !== null)
        .map((client) => ({ ...each, client, kafka }));
    }),
  );
}

async function readScenarios(patterns: readonly string[]): Promise<readonly MatrixScenario[]> {
  const files = await readdir(RECORDINGS).catch((error: unknown) => {
    throw new PlaygroundError(
      'file-unreadable',
      `${RECORDINGS} cannot be read, and the matrix is of its scenarios.`,
      'Run the command in a copy of the project.',
      error,
    );
  });
  const names = files
    .filter((file) => file.endsWith('.scenario.json'))
    .map((file) => file.replace('.scenario.json', ''));
  for (const pattern of patterns) {
    if (names.some((name) => doesMatch(name, pattern))) continue;
    throw new PlaygroundError(
      'usage',
      `--scenarios has "${pattern}", and no scenario of ${RECORDINGS} is called that.`,
      'Give names without their ending, such as eager-join, or a pattern such as "eager-*".',
    );
  }
  const wanted = names.filter((name) => patterns.some((pattern) => doesMatch(name, pattern)));
  return Promise.all(wanted.map(readMatrixScenario));
}

const doesMatch = (name: string, pattern: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escapeAll).join('.*')}$`).test(name);

const escapeAll = (text: string): string => text.replace(/[^\w-]/g, '\\$&');

async function readMatrixScenario(name: string): Promise<MatrixScenario> {
  const file = (ending: string): string => join(RECORDINGS, `${name}.${ending}`);
  const outcomeFile = file('outcome.json');
  const earlier: EarlierRun = {
    trace: await readTrace(file('recording.jsonl')),
    outcome: parseOutcome(parseJson(await readText(outcomeFile), outcomeFile), outcomeFile),
  };
  return { scenario: await readScenario(file('scenario.json')), earlier };
}

const readList = (text: string): readonly string[] => text.split(',').map((part) => part.trim());

function readClients(text: string): readonly (ClientKind | 'own')[] {
  return readList(text).map((name) => {
    const known = (['own', ...CLIENT_KINDS] as const).find((client) => client === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Use own, ${CLIENT_KINDS.join(', ')}, with commas between.`);
  });
}

const readVersions = (text: string): readonly string[] =>
  readList(text).map((version) => readKafkaVersion(version, '--kafka-versions'));

function readAtOnce(text: string): number {
  const count = Number(text);
  if (/^\d$/.test(text) && count >= 1 && count <= 8) return count;
  throw new InvalidArgumentError('It must be a whole number from 1 to 8.');
}
