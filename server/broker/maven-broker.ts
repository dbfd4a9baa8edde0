import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import getPort from 'get-port';
import { PlaygroundError } from '../../engine/index.ts';
import { bringOnce } from '../cache.ts';
import { PLAINTEXT } from '../security.ts';
import { SINGLE_BROKER_CONFIG, type Broker, type BrokerConfig } from './broker.ts';
import { findJava, findMaven } from './java.ts';
import { lastLines, startNode, type KafkaNode } from './kafka-node.ts';
import { waitUntilReady } from './ready.ts';

const LOOPBACK = '127.0.0.1';

/**
 * Starts Apache Kafka in KRaft mode on loopback only: one process that is broker and controller, or
 * several brokers, of which the first is the controller too.
 *
 * @param say gets one line at each step that takes time.
 * @throws PlaygroundError `java-missing`, `maven-missing`, `kafka-version-unknown`,
 *   `broker-not-startable`, `broker-failed`.
 */
export async function startMavenBroker(
  version: string,
  config: BrokerConfig,
  say: (line: string) => void,
  count: number,
): Promise<Broker> {
  const java = await findJava();
  const libraries = await bringLibraries(version, say);
  const [controllerPort, ...ports] = await freePorts(count + 1);
  const addresses = ports.map((port) => `${LOOPBACK}:${port}`);
  // As Kafka prints its ids; one that began with "-" would be taken for an option.
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  say(`Starting Kafka ${version} on ${addresses.join(', ')}.`);
  const started = await Promise.allSettled(
    addresses.map((address, index) =>
      startNode({ java, libraries, version }, `Kafka ${version} at ${address}`, clusterId, {
        ...SINGLE_BROKER_CONFIG,
        'offsets.topic.replication.factor': String(count),
        ...config,
        ...nodeProperties(index + 1, address, `${LOOPBACK}:${controllerPort}`),
      }),
    ),
  );
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = started.find((each) => each.status === 'rejected');
  try {
    if (failure !== undefined) throw failure.reason;
    await Promise.race([
      waitUntilReady(addresses, undefined, PLAINTEXT, count),
      ...nodes.map((node) => throwAtEnd(node, version)),
    ]);
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  const [only] = nodes.length === 1 ? nodes : [];
  return {
    kind: 'maven',
    addresses,
    security: PLAINTEXT,
    version,
    restart: only?.restart ?? null,
    failed: AbortSignal.any(nodes.map(({ failed }) => failed)),
    stop: () => stopAll(nodes),
  };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await getPort({ host: LOOPBACK, exclude: ports }));
  return ports;
}

async function throwAtEnd({ ended }: KafkaNode, version: string): Promise<never> {
  const output = await ended;
  throw new PlaygroundError(
    'broker-failed',
    `Kafka ${version} ended while it started: ${output}`,
    'If a broker setting or a port is named there, correct it and start again.',
  );
}

/** The controller last: without it the others would not know how to shut down. */
async function stopAll([controller, ...others]: readonly KafkaNode[]): Promise<void> {
  await Promise.all(others.map((node) => node.stop()));
  await controller?.stop();
}

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
    const jar = `org.apache.kafka:kafka_2.13:jar:${version}`;
    if (all.includes(`not find artifact ${jar}`) || all.includes(`${jar} was not found`)) {
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

const nodeProperties = (id: number, address: string, controller: string): BrokerConfig => ({
  'process.roles': id === 1 ? 'broker,controller' : 'broker',
  'node.id': String(id),
  'controller.quorum.voters': `1@${controller}`,
  listeners: `PLAINTEXT://${address}${id === 1 ? `,CONTROLLER://${controller}` : ''}`,
  'advertised.listeners': `PLAINTEXT://${address}`,
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
});
