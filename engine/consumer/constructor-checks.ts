import type { MemberConfig } from './profiles.ts';

/**
 * librdkafka wants max.poll.interval.ms to be no less than session.timeout.ms.
 *
 * Source: rdkafka_conf.c, rd_kafka_conf_finalize, version 2.16.
 */
export function coversSession({
  maxPollIntervalMs,
  sessionTimeoutMs,
}: Pick<MemberConfig, 'maxPollIntervalMs' | 'sessionTimeoutMs'>): string | null {
  return maxPollIntervalMs !== null && maxPollIntervalMs < sessionTimeoutMs
    ? '`max.poll.interval.ms`must be >= `session.timeout.ms`'
    : null;
}

/**
 * librdkafka knows no assignors but its own.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignors_init, version 2.16.
 */
export function knowsAssignors({
  assignors,
  profile,
}: Pick<MemberConfig, 'assignors' | 'profile'>): string | null {
  const unknown = assignors.find((name) => !profile.assignors.has(name));
  return unknown === undefined ? null : `Unsupported partition.assignment.strategy: ${unknown}`;
}

/**
 * librdkafka does not offer eager and cooperative assignors together, so that a group cannot go
 * over from one to the other by rolling bounces.
 *
 * Source: rdkafka_assignor.c, rd_kafka_assignor_rebalance_protocol_check, version 2.16.
 */
export function hasOneRebalanceProtocol({
  assignors,
  profile,
}: Pick<MemberConfig, 'assignors' | 'profile'>): string | null {
  const protocols = assignors.flatMap((name) => profile.assignors.get(name)?.rebalanceProtocols);
  return new Set(protocols).size <= 1
    ? null
    : `All partition.assignment.strategy (${assignors.join(',')}) assignors must have the same ` +
        'protocol type, online migration between assignors with different protocol types is not ' +
        'supported';
}
