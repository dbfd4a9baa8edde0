import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { PlaygroundError, type BridgeStatus, type ClientKind } from '../../engine/index.ts';
import { findJavaAndMaven } from '../broker/java.ts';
import { bringOnce } from '../cache.ts';
import { howToInstall } from '../install.ts';
import { TSX, fromServer } from '../paths.ts';

/** How a member's process is started; its task, as JSON, is the last argument. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

type Say = (line: string) => void;

interface Client {
  /** What it is and where it comes from, as a sentence. */
  readonly text: string;
  /** What cannot be done without; throws a PlaygroundError that says how to get it. */
  readonly check: () => Promise<unknown>;
  /** Brings what the client needs, the first time; says so, because that takes a while. */
  readonly launch: (say: Say) => Promise<Launch>;
}

const { version: kafkajsVersion } = createRequire(import.meta.url)('kafkajs/package.json') as {
  version: string;
};

const CLIENTS: Readonly<Record<ClientKind, Client>> = {
  java: {
    text: 'Apache Kafka’s own consumer (kafka-clients), brought and compiled by Maven on first use.',
    check: findJavaTools,
    launch: launchJava,
  },
  librdkafka: {
    text: 'confluent-kafka for Python (librdkafka), brought by pip on first use.',
    check: findPython,
    launch: launchPython,
  },
  kafkajs: {
    text: `kafkajs ${kafkajsVersion}, comes with the playground.`,
    check: () => Promise.resolve(),
    launch: () =>
      Promise.resolve({
        command: process.execPath,
        args: ['--import', TSX, fromServer('members/kafkajs-member.ts')],
      }),
  },
};

/**
 * How the processes of a client's members are started; what they need is brought on first use.
 *
 * @throws PlaygroundError `client-missing`, `member-failed`.
 */
export const launchOf = (client: ClientKind, say: Say): Promise<Launch> =>
  CLIENTS[client].launch(say);

/** Whether members of a client can be run here, and what it is or what it needs. */
export async function describeClient(client: ClientKind): Promise<BridgeStatus['clients'][number]> {
  try {
    await CLIENTS[client].check();
    return { client, isAvailable: true, text: CLIENTS[client].text };
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    return { client, isAvailable: false, text: `${error.message} ${error.remedy}` };
  }
}

/** Quick to start; nothing here runs long enough for the second compiler. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms32m', '-Xmx256m'];

const OTHER_CLIENT = 'or play the members by another client';

async function findJavaTools(): ReturnType<typeof findJavaAndMaven> {
  try {
    return await findJavaAndMaven(OTHER_CLIENT);
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    throw new PlaygroundError('client-missing', error.message, error.remedy, error);
  }
}

async function launchJava(say: Say): Promise<Launch> {
  const { java: command, maven } = await findJavaTools();
  const sources = ['pom.xml', 'src/main/java/playground/Member.java'].map((path) =>
    fromServer(`members/java/${path}`),
  );
  const folder = await bringOnce(await folderName('java-member', sources), async (fresh) => {
    say('Bringing and compiling the Java member with Maven, this first time only.');
    await run('Maven could not bring and compile the Java member', maven, [
      '-q',
      '-B',
      '-f',
      fromServer('members/java/pom.xml'),
      `-Dbuild.folder=${fresh}`,
      'compile',
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(fresh, 'libraries')}`,
    ]);
  });
  const classPath = [join(folder, 'classes'), join(folder, 'libraries', '*')].join(delimiter);
  return { command, args: [...JVM_OPTIONS, '-cp', classPath, 'playground.Member'] };
}

async function launchPython(say: Say): Promise<Launch> {
  const python = await findPython();
  const requirements = fromServer('members/python/requirements.txt');
  const folder = await bringOnce(
    await folderName('python-member', [requirements]),
    async (fresh) => {
      say('Bringing confluent-kafka for Python with pip, this first time only.');
      await run('Python could not make a virtual environment', python, ['-m', 'venv', fresh]);
      const arguments_ = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
      await run('pip could not bring confluent-kafka', pythonIn(fresh), arguments_);
    },
  );
  return { command: pythonIn(folder), args: [fromServer('members/python/member.py')] };
}

const pythonIn = (folder: string): string =>
  process.platform === 'win32'
    ? join(folder, 'Scripts', 'python.exe')
    : join(folder, 'bin', 'python');

/** Changes with what it is made of. */
async function folderName(name: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  return `${name}-${hash.digest('hex').slice(0, 12)}`;
}

/** Debian's Python comes without the part of it that gives a new environment its pip. */
const NEEDS = 'import sys, venv, ensurepip; assert sys.version_info >= (3, 9)';

async function findPython(): Promise<string> {
  for (const command of ['python3', 'python']) {
    const { failed } = await execa(command, ['-c', NEEDS], { reject: false });
    if (!failed) return command;
  }
  throw new PlaygroundError(
    'client-missing',
    'Python 3.9 or later with its venv module was not found, and librdkafka members need it.',
    `${howToInstall(['python'])}, ${OTHER_CLIENT}.`,
  );
}

async function run(problem: string, command: string, args: readonly string[]): Promise<void> {
  const { failed, all } = await execa(command, [...args], { reject: false, all: true });
  if (!failed) return;
  throw new PlaygroundError(
    'member-failed',
    `${problem}: ${all.trim().split('\n').slice(-5).join(' ').slice(-600)}`,
    'Check the network and the tool’s settings and try again, or play the members by another client.',
  );
}
