import { PlaygroundError } from '../engine/index.ts';
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

/** @throws PlaygroundError `usage`, naming the variable and what it should be. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return {
    brokers: readBrokers(environment['KAFKA_BROKERS']),
    security: readSecurity(environment),
    port: readPort(environment['PORT'] ?? String(DEFAULT_PORT), 'PORT'),
    kafkaVersion: DEFAULT_KAFKA_VERSION,
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

/** @param source where the text comes from, for the message: a variable or an option. */
export function readPort(text: string, source: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new PlaygroundError(
    'usage',
    `${source} is "${text}", which is not a port.`,
    'Give a whole number from 0 to 65535; 0 takes any free port.',
  );
}
