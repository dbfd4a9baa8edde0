import type { Assignor } from '../assignors/assignor.ts';

/** What a client's constructor looks at. */
export interface CheckedConfig {
  readonly maxPollIntervalMs: number | null;
  readonly maxPollRecords: number;
  readonly sessionTimeoutMs: number;
  /** The names of the assignors that are asked for. */
  readonly assignors: readonly string[];
  /** The assignors that the client has. */
  readonly profile: { readonly assignors: ReadonlyMap<string, Assignor> };
}

/** An error that a constructor throws, in the client's words. */
export interface ConstructorProblem {
  readonly exception: string;
  readonly message: string;
}

/** What is wrong with a configuration; null when nothing is. */
export type ConstructorCheck = (config: CheckedConfig) => ConstructorProblem | null;

/** librdkafka has one code for all of them. */
const invalidArgument = (message: string): ConstructorProblem => ({
  exception: '_INVALID_ARG',
  message,
});

/**
 * Numbers that Java's consumer takes only from 1 on.
 *
 * Source: ConsumerConfig's definition of max.poll.interval.ms and max.poll.records, Kafka 4.3.1.
 */
export function isInRange(config: CheckedConfig): ConstructorProblem | null {
  const given = [
    ['max.poll.interval.ms', config.maxPollIntervalMs],
    ['max.poll.records', config.maxPollRecords],
  ] as const;
  const wrong = given.find(([, value]) => value !== null && value < 1);
  if (wrong === undefined) return null;
  const message = `Invalid value ${wrong[1] ?? ''} for configuration ${wrong[0]}: Value must be at least 1`;
  return { exception: 'ConfigException', message };
}

/**
 * librdkafka wants max.poll.interval.ms to be no less than session.timeout.ms.
 *
 * Source: rdkafka_conf.c, rd_kafka_conf_finalize, version 2.15.
 */
export function coversSession({
  maxPollIntervalMs,
  sessionTimeoutMs,
}: CheckedConfig): ConstructorProblem | null {
  return maxPollIntervalMs !== null && maxPollIntervalMs < sessionTimeoutMs
    ? invalidArgument('`max.poll.interval.ms`must be >= `session.timeout.ms`')
    : null;
}

/**
 * librdkafka knows no assignors but its own.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignors_init, version 2.15.
 */
export function knowsAssignors({ assignors, profile }: CheckedConfig): ConstructorProblem | null {
  const unknown = assignors.find((name) => !profile.assignors.has(name));
  return unknown === undefined
    ? null
    : invalidArgument(`Unsupported partition.assignment.strategy: ${unknown}`);
}

/**
 * librdkafka does not offer eager and cooperative assignors together, so that a group cannot go
 * over from one to the other by rolling bounces.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignor_rebalance_protocol_check, version 2.15.
 */
export function hasOneRebalanceProtocol({
  assignors,
  profile,
}: CheckedConfig): ConstructorProblem | null {
  const protocols = assignors.flatMap((name) => profile.assignors.get(name)?.rebalanceProtocols);
  return new Set(protocols).size <= 1
    ? null
    : invalidArgument(
        `All partition.assignment.strategy (${assignors.join(',')}) assignors must have the same ` +
          'protocol type, online migration between assignors with different protocol types is not ' +
          'supported',
      );
}
