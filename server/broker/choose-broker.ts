import type { BridgeStatus } from '../../engine/index.ts';
import { PlaygroundError } from '../../engine/index.ts';
import { printProtocol } from '../security.ts';
import type { Settings } from '../settings.ts';
import type { Broker, BrokerConfig } from './broker.ts';
import { isDockerRunning, startDockerBroker } from './docker-broker.ts';
import { findJavaAndMaven } from './java.ts';
import { startMavenBroker } from './maven-broker.ts';
import { waitUntilReady } from './ready.ts';

const FOREIGN_DEADLINE_MS = 5_000;

/** Which broker a run would use, and why; nothing is started. */
export async function describeBroker(settings: Settings): Promise<BridgeStatus['broker']> {
  if (settings.brokers !== null) {
    return {
      kind: 'foreign',
      text: `Your broker at ${settings.brokers.join(', ')} (KAFKA_BROKERS)${spoken(settings)}.`,
    };
  }
  const missing = await javaProblem();
  if (missing === null) {
    return {
      kind: 'maven',
      text: `Apache Kafka ${settings.kafkaVersion}, started here from Maven when a run needs it.`,
    };
  }
  if (await isDockerRunning()) {
    return {
      kind: 'docker',
      text: `Apache Kafka ${settings.kafkaVersion}, started here in Docker when a run needs it.`,
    };
  }
  return { kind: 'none', text: `${missing.message} ${missing.remedy}` };
}

const spoken = ({ security }: Settings): string =>
  printProtocol(security) === 'PLAINTEXT' ? '' : `, by ${printProtocol(security)}`;

async function javaProblem(): Promise<PlaygroundError | null> {
  try {
    await findJavaAndMaven();
    return null;
  } catch (error) {
    if (error instanceof PlaygroundError) return error;
    throw error;
  }
}

/**
 * A broker to run on: the one that KAFKA_BROKERS names, else one of our own from Maven, else from
 * Docker.
 *
 * @param count how many brokers of our own; several from Maven only.
 * @throws PlaygroundError saying what is missing and how to get it.
 */
export async function startBroker(
  settings: Settings,
  config: BrokerConfig,
  say: (line: string) => void,
  count = 1,
): Promise<Broker> {
  if (settings.brokers !== null) {
    await waitUntilReady(settings.brokers, FOREIGN_DEADLINE_MS, settings.security);
    const stop = (): Promise<void> => Promise.resolve();
    return {
      kind: 'foreign',
      addresses: settings.brokers,
      security: settings.security,
      version: 'unknown',
      restart: null,
      failed: null,
      stop,
    };
  }
  const missing = await javaProblem();
  if (missing === null) return startMavenBroker(settings.kafkaVersion, config, say, count);
  if (await isDockerRunning()) return startDockerBroker(settings.kafkaVersion, config, say);
  throw missing;
}
