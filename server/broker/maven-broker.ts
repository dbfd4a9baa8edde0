import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import getPort from 'get-port';
import { PlaygroundError } from '../../engine/index.ts';
import { bringOnce, cacheFolder } from '../cache.ts';
import { TSX, fromServer } from '../paths.ts';
import { SINGLE_BROKER_CONFIG, type Broker, type BrokerConfig } from './broker.ts';
import { findJava, findMaven } from './java.ts';
import { waitUntilReady } from './ready.ts';

/**
 * Starts Apache Kafka in KRaft mode, one process that is broker and controller, on loopback only.
 *
 * @param say gets one line at each step that takes time.
 * @throws PlaygroundError `java-missing`, `maven-missing`, `kafka-version-unknown`,
 *   `broker-not-startable`, `broker-failed`.
 */
export async function startMavenBroker(
  version: string,
  config: BrokerConfig,
  say: (line: string) => void,
): Promise<Broker> {
  const java = await findJava();
  const libraries = await bringLibraries(version, say);
  const dataRoot = join(cacheFolder(), 'data');
  await mkdir(dataRoot, { recursive: true });
  const folder = await mkdtemp(join(dataRoot, 'broker-'));
  try {
    const port = await getPort({ host: LOOPBACK });
    const controllerPort = await getPort({ host: LOOPBACK, exclude: [port] });
    const settingsFile = join(folder, 'server.properties');
    await writeFile(
      settingsFile,
      printProperties(brokerProperties(folder, port, controllerPort, config)),
    );
    await format(java, libraries, settingsFile, version);
    say(`Starting Kafka ${version} on ${LOOPBACK}:${port}.`);
    return await startKept(java, libraries, settingsFile, folder, `${LOOPBACK}:${port}`, version);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const LOOPBACK = '127.0.0.1';

/** Small and quick to start; a broker that serves a handful of consumers for minutes. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx512m'];

const classPath = (libraries: string): string => join(libraries, '*');

/** Brings Kafka's jars, once for each version. */
export const bringLibraries = (version: string, say: (line: string) => void): Promise<string> =>
  bringOnce(`kafka-${version}`, async (fresh) => {
    const maven = await findMaven();
    say(`Bringing Kafka ${version} with Maven, this first time only.`);
    const { failed, all } = await execa(
      maven,
      [
        '-q',
        '-B',
        '-f',
        fileURLToPath(new URL('./pom.xml', import.meta.url)),
        `-Dkafka.version=${version}`,
        'dependency:copy-dependencies',
        `-DoutputDirectory=${fresh}`,
      ],
      { reject: false, all: true },
    );
    if (!failed) return;
    if (all.includes(`:${version} was not found`) || / not find artifact /.test(all)) {
      throw new PlaygroundError(
        'kafka-version-unknown',
        `Maven has no Apache Kafka ${version}.`,
        'Give a version that was released, by --kafka-version or KAFKA_VERSION; kafka.apache.org lists them.',
      );
    }
    throw new PlaygroundError(
      'broker-not-startable',
      `Maven could not bring Kafka ${version}: ${lastLines(all)}`,
      'Check the network and Maven’s settings and try again, or set KAFKA_BROKERS to a broker you have.',
    );
  });

function brokerProperties(
  folder: string,
  port: number,
  controllerPort: number,
  config: BrokerConfig,
): BrokerConfig {
  return {
    ...SINGLE_BROKER_CONFIG,
    ...config,
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'log').replaceAll('\\', '/'),
  };
}

const printProperties = (properties: BrokerConfig): string =>
  `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;

async function format(
  java: string,
  libraries: string,
  settingsFile: string,
  version: string,
): Promise<void> {
  // As Kafka prints its ids; one that began with "-" would be taken for an option.
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const { failed, all } = await execa(
    java,
    [
      ...JVM_OPTIONS,
      '-cp',
      classPath(libraries),
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
      `Kafka ${version} could not format its folder: ${lastLines(all)}`,
      'If a broker setting of the scenario is named there, correct it.',
    );
  }
}

/** Starts the broker under its keeper and waits until it answers. */
async function startKept(
  java: string,
  libraries: string,
  settingsFile: string,
  folder: string,
  address: string,
  version: string,
): Promise<Broker> {
  const task = {
    command: java,
    args: [...JVM_OPTIONS, '-cp', classPath(libraries), 'kafka.Kafka', settingsFile],
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
    if (!isStopping) failed.abort(endedByItself(version, address));
    if (signal !== null) void endOrphan(folder);
  });
  const stop = async (): Promise<void> => {
    isStopping = true;
    if (isRunning) keeper.stdin.end();
    await ended;
  };
  try {
    await Promise.race([
      waitUntilReady([address]),
      ended.then((output) => {
        throw new PlaygroundError(
          'broker-failed',
          `Kafka ${version} ended while it started: ${output}`,
          'If a broker setting or a port is named there, correct it and start again.',
        );
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const restart = (downMs: number): void => {
    if (isRunning) keeper.stdin.write(`restart ${downMs}\n`);
  };
  return {
    kind: 'maven',
    addresses: [address],
    version,
    restart,
    failed: failed.signal,
    stop,
  };
}

const endedByItself = (version: string, address: string): PlaygroundError =>
  new PlaygroundError(
    'broker-failed',
    `Kafka ${version} at ${address} ended in the middle of the run.`,
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

const lastLines = (output: string | undefined): string =>
  (output ?? '').trim().split('\n').slice(-5).join(' ').slice(-600);
