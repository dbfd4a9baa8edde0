import type { TopicPartition } from '../../protocol/partitions.ts';

/** What the coordinator wants a member to own, or what the member has made of it. */
export interface LocalAssignment {
  /** Counts what the coordinator has said since the member joined; not on the wire. */
  readonly localEpoch: number;
  /** Sorted. */
  readonly partitions: readonly TopicPartition[];
}

/** A reconciliation under way: from the commit before it to the listener's last call. */
export interface Reconciliation {
  /** What it leads to; the coordinator may want something else by the time it is done. */
  readonly target: LocalAssignment;
  /** The commit that goes before it; null when that is settled. */
  readonly commitId: number | null;
}

/** What a heartbeat need not say again. Source: ConsumerHeartbeatRequestManager.SentFields. */
export interface SaidFields {
  readonly topics: readonly string[];
  readonly owned: LocalAssignment | null;
}

/** What only a member of the consumer protocol has. */
export interface ConsumerProtocolMembership {
  /** As it is sent: 0 to join, -1 to leave, -2 to leave for a while. */
  readonly memberEpoch: number;
  /** What the coordinator wants; null until it has said. */
  readonly target: LocalAssignment | null;
  /** What was reconciled last; null before the first time. */
  readonly reconciled: LocalAssignment | null;
  readonly reconciliation: Reconciliation | null;
  /** Null when the next heartbeat has to say everything. */
  readonly said: SaidFields | null;
  /** The coordinator's, from its last answer; null before the first. */
  readonly heartbeatIntervalMs: number | null;
  /** subscribe() was called, and no poll() has acted on it. */
  readonly isSubscriptionNew: boolean;
  /** max.poll.interval.ms is over; the heartbeat that is due next finds out. */
  readonly isPollExpired: boolean;
}

export const NEW_MEMBERSHIP: ConsumerProtocolMembership = {
  memberEpoch: 0,
  target: null,
  reconciled: null,
  reconciliation: null,
  said: null,
  heartbeatIntervalMs: null,
  isSubscriptionNew: false,
  isPollExpired: false,
};
