import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { PlaygroundError } from '../../engine/index.ts';
import { PLAINTEXT, printProtocol, type Security } from '../security.ts';
import { kafkajsOptions } from './kafkajs-options.ts';
import { securityProblem } from '../security-problem.ts';

const DEADLINE_MS = 60_000;
const BETWEEN_TRIES_MS = 150;

/**
 * Waits until brokers answer, and so many of them know each other.
 *
 * @throws PlaygroundError `broker-unreachable` after `deadlineMs`; at once when TLS or SASL is why.
 */
export async function waitUntilReady(
  addresses: readonly string[],
  deadlineMs = DEADLINE_MS,
  security: Security = PLAINTEXT,
  brokerCount = 1,
): Promise<void> {
  const kafka = new Kafka({
    clientId: 'playground',
    brokers: [...addresses],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries: 0 },
    ...kafkajsOptions(security),
  });
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { brokers } = await admin.describeCluster();
      if (brokers.length >= brokerCount) return;
      throw new Error(`${brokers.length} of ${brokerCount} brokers are there`);
    } catch (error) {
      const refused = securityProblem(error, addresses.join(', '));
      if (refused !== null) throw refused;
      if (Date.now() < endMs) await sleep(BETWEEN_TRIES_MS);
      else {
        throw new PlaygroundError(
          'broker-unreachable',
          `No Kafka broker answered at ${addresses.join(', ')} within ${deadlineMs} ms.`,
          `Start it, or correct KAFKA_BROKERS or KAFKA_SECURITY_PROTOCOL, which is ${printProtocol(security)}; unset KAFKA_BROKERS to have one started here.`,
          error,
        );
      }
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}
