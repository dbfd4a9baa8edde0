import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { PlaygroundError } from '../../engine/index.ts';
import { cacheFolder } from '../cache.ts';
import { TSX, fromServer } from '../paths.ts';
import type { BrokerConfig } from './broker.ts';

/** How a node is started: the command of Java, and the folder of Kafka's jars. */
export interface KafkaCode {
  readonly java: string;
  readonly libraries: string;
  readonly version: string;
}

/** One process of Kafka, with a data folder and a keeper of its own. */
export interface KafkaNode {
  readonly restart: (downMs: number) => void;
  /** What it said last, once it has ended. */
  readonly ended: Promise<string>;
  /** Is aborted, with a PlaygroundError, when it ends without being told. */
  readonly failed: AbortSignal;
  readonly stop: () => Promise<void>;
}

/** Small and quick to start; a broker that serves a handful of consumers for minutes. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx512m'];

/**
 * Formats a folder and starts a node in it; whether it answers is for the caller to find out.
 *
 * @param name how texts call it.
 * @throws PlaygroundError `broker-not-startable`.
 */
export async function startNode(
  code: KafkaCode,
  name: string,
  clusterId: string,
  properties: BrokerConfig,
): Promise<KafkaNode> {
  const dataRoot = join(cacheFolder(), 'data');
  await mkdir(dataRoot, { recursive: true });
  const folder = await mkdtemp(join(dataRoot, 'broker-'));
  try {
    const settingsFile = join(folder, 'server.properties');
    const logFolder = join(folder, 'log').replaceAll('\\', '/');
    await writeFile(settingsFile, printProperties({ ...properties, 'log.dirs': logFolder }));
    await format(code, settingsFile, clusterId);
    return keep(code, name, settingsFile, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const printProperties = (properties: BrokerConfig): string =>
  `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;

const javaArguments = ({ libraries }: KafkaCode): readonly string[] => [
  ...JVM_OPTIONS,
  '-cp',
  join(libraries, '*'),
];

async function format(code: KafkaCode, settingsFile: string, clusterId: string): Promise<void> {
  const { failed, all } = await execa(
    code.java,
    [
      ...javaArguments(code),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      settingsFile,
    ],
    { reject: false, all: true },
  );
  if (failed) {
    throw new PlaygroundError(
      'broker-not-startable',
      `Kafka ${code.version} could not format its folder: ${lastLines(all)}`,
      'If a broker setting of the scenario is named there, correct it.',
    );
  }
}

/** Starts a node under its keeper. */
function keep(code: KafkaCode, name: string, settingsFile: string, folder: string): KafkaNode {
  const task = {
    command: code.java,
    args: [...javaArguments(code), 'kafka.Kafka', settingsFile],
    folder,
  };
  const keeper = execa(
    process.execPath,
    ['--import', TSX, fromServer('broker/keeper.ts'), JSON.stringify(task)],
    // Its own group, so that Ctrl-C in a terminal reaches it only by way of the server.
    {
      stdin: 'pipe',
      all: true,
      reject: false,
      detached: true,
      cleanup: false,
      maxBuffer: 1_000_000,
    },
  );
  let isRunning = true;
  const ended = keeper.then((result) => {
    isRunning = false;
    return lastLines(result.all);
  });
  const failed = new AbortController();
  let isStopping = false;
  keeper.on('exit', (_code, signal) => {
    if (!isStopping) failed.abort(endedByItself(name));
    if (signal !== null) void endOrphan(folder);
  });
  return {
    restart: (downMs) => {
      if (isRunning) keeper.stdin.write(`restart ${downMs}\n`);
    },
    ended,
    failed: failed.signal,
    stop: async () => {
      isStopping = true;
      if (isRunning) keeper.stdin.end();
      await ended;
    },
  };
}

const endedByItself = (name: string): PlaygroundError =>
  new PlaygroundError(
    'broker-failed',
    `${name} ended in the middle of the run.`,
    'Start the run again, which starts another; if it goes on, see whether memory is short.',
  );

/** A keeper that was killed has left its broker behind, and the broker's folder. */
async function endOrphan(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, 'broker.pid'), 'utf8').catch(() => '0'));
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** The end of what a tool has printed. */
export const lastLines = (output: string | undefined): string =>
  (output ?? '').trim().split('\n').slice(-5).join(' ').slice(-600);
