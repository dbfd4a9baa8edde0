import { execa } from 'execa';
import getPort from 'get-port';
import { PlaygroundError } from '../../engine/index.ts';
import { PLAINTEXT } from '../security.ts';
import { SINGLE_BROKER_CONFIG, type Broker, type BrokerConfig } from './broker.ts';
import { waitUntilReady } from './ready.ts';

/** Whether a Docker engine answers here, not only its client. */
export async function isDockerRunning(): Promise<boolean> {
  const { failed } = await execa('docker', ['info'], { reject: false, timeout: 5_000 });
  return !failed;
}

/**
 * The environment of Kafka's own image for one broker whose port 9092 is published on loopback. With a
 * setting in it the image has no defaults of its own.
 */
export function dockerEnvironment(
  config: BrokerConfig,
  port: number,
): Readonly<Record<string, string>> {
  const settings: BrokerConfig = {
    ...SINGLE_BROKER_CONFIG,
    ...config,
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:9093',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
  const names = Object.entries(settings).map(([key, value]) => [
    `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`,
    value,
  ]);
  return Object.fromEntries(names) as Readonly<Record<string, string>>;
}

/**
 * Starts Kafka's own image on a loopback port.
 *
 * @throws PlaygroundError `broker-not-startable`, `broker-unreachable`.
 */
export async function startDockerBroker(
  version: string,
  config: BrokerConfig,
  say: (line: string) => void,
): Promise<Broker> {
  const port = await getPort({ host: '127.0.0.1' });
  const variables = Object.entries(dockerEnvironment(config, port)).flatMap((entry) => [
    '-e',
    entry.join('='),
  ]);
  say(`Starting Kafka ${version} in Docker on 127.0.0.1:${port}.`);
  const image = `apache/kafka:${version}`;
  const publish = `127.0.0.1:${port}:9092`;
  const run = await execa('docker', ['run', '--rm', '-d', '-p', publish, ...variables, image], {
    reject: false,
  });
  if (run.failed) {
    throw new PlaygroundError(
      'broker-not-startable',
      `Docker could not start ${image}: ${run.stderr.slice(-400)}`,
      'Check that Docker can bring the image, or set KAFKA_BROKERS to a broker you have.',
    );
  }
  const container = run.stdout.trim();
  const stop = async (): Promise<void> => {
    await execa('docker', ['rm', '-f', container], { reject: false });
  };
  const address = `127.0.0.1:${port}`;
  try {
    await waitUntilReady([address]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kind: 'docker',
    addresses: [address],
    security: PLAINTEXT,
    version,
    restart: null,
    failed: null,
    stop,
  };
}
