import { PlaygroundError, isVersionBefore } from '../engine/index.ts';
import { readSecurity, type Security } from './security.ts';

/** What the environment says, read once. */
export interface Settings {
  /** Somebody else's brokers, `host:port` each; null to start one of our own. */
  readonly brokers: readonly string[] | null;
  /** How those, and the broker behind `playground tap`, want to be spoken to. */
  readonly security: Security;
  readonly port: number;
  /** Which Kafka our own broker is. */
  readonly kafkaVersion: string;
}

export const DEFAULT_PORT = 4173;
export const DEFAULT_KAFKA_VERSION = '4.3.1';

/**
 * The settings with another version of Kafka, where one is asked for.
 *
 * @throws PlaygroundError `usage` where the brokers are not ours to choose.
 */
export function withKafkaVersion(settings: Settings, kafkaVersion: string | undefined): Settings {
  if (kafkaVersion === undefined) return settings;
  if (settings.brokers === null) return { ...settings, kafkaVersion };
  throw new PlaygroundError(
    'usage',
    `--kafka-version asks for Kafka ${kafkaVersion}, and KAFKA_BROKERS for brokers that have theirs.`,
    'Unset KAFKA_BROKERS, or leave out --kafka-version.',
  );
}

/** @throws PlaygroundError `usage`, naming the variable and what it should be. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return {
    brokers: readBrokers(environment['KAFKA_BROKERS']),
    security: readSecurity(environment),
    port: readPort(environment['PORT'] ?? String(DEFAULT_PORT), 'PORT'),
    kafkaVersion: readKafkaVersion(
      environment['KAFKA_VERSION'] ?? DEFAULT_KAFKA_VERSION,
      'KAFKA_VERSION',
    ),
  };
}

function readBrokers(text: string | undefined): readonly string[] | null {
  if (text === undefined || text.trim() === '') return null;
  const brokers = text.split(',').map((broker) => broker.trim());
  const wrong = brokers.find(
    (broker) => !/^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker),
  );
  if (wrong === undefined) return brokers;
  throw new PlaygroundError(
    'usage',
    `KAFKA_BROKERS has "${wrong}", which is not host:port.`,
    'Give it as host:port, several with commas between, such as 127.0.0.1:9092; or leave it unset.',
  );
}

/** Before it, KRaft was not for production (KIP-833), and without it a broker needs ZooKeeper. */
const OLDEST_KAFKA = '3.3.1';

/** @param source where the text comes from, for the message: a variable or an option. */
export function readKafkaVersion(text: string, source: string): string {
  if (!/^\d+\.\d+\.\d+$/.test(text)) {
    throw new PlaygroundError(
      'usage',
      `${source} is "${text}", which is not a version of Apache Kafka.`,
      `Give one in full, such as ${DEFAULT_KAFKA_VERSION}.`,
    );
  }
  if (!isVersionBefore(text, OLDEST_KAFKA)) return text;
  throw new PlaygroundError(
    'usage',
    `${source} is ${text}, and brokers before Kafka ${OLDEST_KAFKA} need ZooKeeper, which is not started here.`,
    `Give ${OLDEST_KAFKA} or a later version.`,
  );
}

/** @param source as of `readKafkaVersion`. */
export function readPort(text: string, source: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new PlaygroundError(
    'usage',
    `${source} is "${text}", which is not a port.`,
    'Give a whole number from 0 to 65535; 0 takes any free port.',
  );
}
