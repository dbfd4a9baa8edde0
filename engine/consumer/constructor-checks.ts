import type { Assignor } from '../assignors/assignor.ts';

/** What a client's constructor looks at. */
export interface CheckedConfig {
  readonly maxPollIntervalMs: number | null;
  readonly sessionTimeoutMs: number;
  /** The names of the assignors that are asked for. */
  readonly assignors: readonly string[];
  /** The assignors that the client has. */
  readonly profile: { readonly assignors: ReadonlyMap<string, Assignor> };
}

/** What is wrong with a configuration, in the client's words; null when nothing is. */
export type ConstructorCheck = (config: CheckedConfig) => string | null;

/**
 * librdkafka wants max.poll.interval.ms to be no less than session.timeout.ms.
 *
 * Source: rdkafka_conf.c, rd_kafka_conf_finalize, version 2.15.
 */
export function coversSession({
  maxPollIntervalMs,
  sessionTimeoutMs,
}: CheckedConfig): string | null {
  return maxPollIntervalMs !== null && maxPollIntervalMs < sessionTimeoutMs
    ? '`max.poll.interval.ms`must be >= `session.timeout.ms`'
    : null;
}

/**
 * librdkafka knows no assignors but its own.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignors_init, version 2.15.
 */
export function knowsAssignors({ assignors, profile }: CheckedConfig): string | null {
  const unknown = assignors.find((name) => !profile.assignors.has(name));
  return unknown === undefined ? null : `Unsupported partition.assignment.strategy: ${unknown}`;
}

/**
 * librdkafka does not offer eager and cooperative assignors together, so that a group cannot go
 * over from one to the other by rolling bounces.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignor_rebalance_protocol_check, version 2.15.
 */
export function hasOneRebalanceProtocol({ assignors, profile }: CheckedConfig): string | null {
  const protocols = assignors.flatMap((name) => profile.assignors.get(name)?.rebalanceProtocols);
  return new Set(protocols).size <= 1
    ? null
    : `All partition.assignment.strategy (${assignors.join(',')}) assignors must have the same ` +
        'protocol type, online migration between assignors with different protocol types is not ' +
        'supported';
}
