import type { ClientKind } from '../protocol/config.ts';
import type { RebalanceCause } from '../protocol/facts.ts';
import type { MemberName } from '../protocol/ids.ts';
import type { JoinGroupRequest } from '../protocol/messages.ts';

/** Why a group rebalances. */
export interface Reason {
  readonly cause: RebalanceCause;
  /** A sentence without its full stop. */
  readonly sentence: string;
}

/** Who joins, and what is known of it. */
export interface Joining {
  readonly name: MemberName;
  /** Whether the group has it under this member id. */
  readonly isInGroup: boolean;
  /** Whether it was in the group before, under this id or another. */
  readonly isKnown: boolean;
  readonly isLeader: boolean;
  /** What it subscribed to when it joined last; null when it never did. */
  readonly topicsBefore: readonly string[] | null;
  /** What it says of why it joins. */
  readonly reason: string | null;
}

/** Why a JoinGroup makes a group rebalance; begins as the simulated coordinator puts it. */
export function joinReason(joining: Joining, topics: readonly string[]): Reason {
  const { name, isInGroup, isKnown, isLeader, topicsBefore, reason } = joining;
  if (!isInGroup && !isKnown) return { cause: 'joined', sentence: `${name} joins the group` };
  const joins = isInGroup ? `${name} rejoins the group` : `${name} joins the group again`;
  const because = (cause: RebalanceCause, sentence: string): Reason => ({
    cause: isInGroup ? cause : 'joined',
    sentence,
  });
  const isOther = topicsBefore !== null && topics.join() !== topicsBefore.join();
  if (isOther) {
    return because(
      'subscription-changed',
      `${joins}: it subscribes to ${printTopics(topics)} instead of ${printTopics(topicsBefore)}`,
    );
  }
  if (reason !== null) {
    const meaning = MEANINGS.get(reason);
    const explained = meaning === undefined ? reason : `${reason} (${meaning.text})`;
    return because(meaning?.cause ?? 'rejoined', `${joins}: ${explained}`);
  }
  if (!isInGroup || !isLeader) return because('rejoined', joins);
  return because(
    'topics-changed',
    `${joins} as its leader, with the same subscription: most likely it has seen other topics or partitions`,
  );
}

/** What a member subscribes to, sorted. */
export const topicsOf = ({ protocols }: JoinGroupRequest): readonly string[] =>
  [...new Set(protocols.flatMap(({ metadata }) => metadata.topics))].sort();

const printTopics = (topics: readonly string[]): string =>
  topics.length === 0 ? 'nothing' : topics.join(', ');

/**
 * What a Java client means by the reasons that it gives.
 *
 * Source: the calls of requestRejoin and maybeLeaveGroup in AbstractCoordinator and
 * ConsumerCoordinator, Kafka 4.3.1.
 */
const MEANINGS: ReadonlyMap<string, { readonly cause: RebalanceCause; readonly text: string }> =
  new Map([
    [
      'cached metadata has changed',
      {
        cause: 'topics-changed',
        text: 'topics that it reads, or their partitions, are others now',
      },
    ],
    [
      'need to revoke partitions and re-join',
      {
        cause: 'partitions-revoked',
        text: 'cooperative, what it has given up can now go to others',
      },
    ],
    [
      'consumer pro-actively leaving the group',
      { cause: 'rejoined', text: 'it had left the group by itself before' },
    ],
  ]);

/**
 * Whether a member says that it leaves because of its poll timeout.
 *
 * Source: AbstractCoordinator#pollTimeoutExpired ("consumer poll timeout has expired."), Kafka 4.3.1.
 */
export const isPollTimeout = (reason: string | null): boolean =>
  reason?.includes('poll timeout') ?? false;

/** Why a LeaveGroup of the member itself makes a group rebalance. */
export function leaveReason(
  name: MemberName,
  client: ClientKind | null,
  reason: string | null,
  rebalanceTimeoutMs: number | null,
): Reason {
  const leaves = `${name} leaves the group`;
  if (reason === null) {
    return { cause: 'left', sentence: `${leaves}, ${SILENT_LEAVES[client ?? 'java']}` };
  }
  if (!isPollTimeout(reason)) return { cause: 'left', sentence: `${leaves}: ${reason}` };
  // Java clients give max.poll.interval.ms as their rebalance timeout.
  const limit = rebalanceTimeoutMs === null ? '' : `, ${printMs(rebalanceTimeoutMs)}`;
  const limited = `(no poll() within max.poll.interval.ms${limit})`;
  return {
    cause: 'poll-timeout',
    sentence: `${leaves}: consumer poll timeout has expired ${limited}`,
  };
}

/** What a LeaveGroup without a reason may mean. */
const SILENT_LEAVES: Readonly<Record<ClientKind, string>> = {
  java: 'and gives no reason',
  kafkajs: 'and gives no reason: kafkajs does so when its consumer stops, disconnects or fails',
  librdkafka:
    'and gives no reason: librdkafka does so when it is closed, unsubscribes, or did not poll within max.poll.interval.ms',
};

export const removalReason = (names: string, reason: string | null): Reason => ({
  cause: 'removed-by-admin',
  sentence: `${names} is removed by an admin${reason === null ? '' : `: ${reason}`}`,
});

export const silenceReason = (name: MemberName, sessionTimeoutMs: number): Reason => ({
  cause: 'session-timeout',
  sentence: `${name} was silent for its session timeout of ${printMs(sessionTimeoutMs)}: no heartbeat, and no word that it leaves`,
});

/** Why a consumer group has another epoch, where no member asked for it. */
export const unseenReason = (isHeard: boolean): Reason =>
  isHeard
    ? { cause: 'topics-changed', sentence: 'topics or their partitions have changed' }
    : {
        cause: 'unseen',
        sentence:
          'topics or their partitions have changed, or a member that does not come through the tap',
      };

/** Why a consumer group goes on without a member of whom nothing was heard for so long. */
export const lostReason = (name: MemberName, silentMs: number): Reason => ({
  cause: 'session-timeout',
  sentence: `${name} was silent for its session timeout (group.consumer.session.timeout.ms): no heartbeat for ${printMs(Math.round(silentMs / 1_000) * 1_000)}, and no word that it leaves`,
});

/** A heartbeat that leaves a consumer group does not say why. */
export const epochLeaveReason = (name: MemberName, isHeard: boolean): Reason => ({
  cause: 'left',
  sentence: isHeard
    ? `${name} leaves the group`
    : `${name} leaves the group, and its heartbeat cannot say why: it is closed, unsubscribes, or did not poll within max.poll.interval.ms`,
});

/** Members that joined and left without being recorded, by their ids. */
export function strangersReason(
  joined: readonly string[],
  gone: readonly string[],
  isHeard: boolean,
): Reason {
  const parts = [
    ...(joined.length > 0 ? [`${joined.join(', ')} joins the group`] : []),
    ...(gone.length > 0 ? [`${gone.join(', ')} has left or was removed`] : []),
  ];
  const nothing = isHeard
    ? 'something has changed the group that was not recorded'
    : 'something has changed the group that did not come through the tap';
  const sentence = parts.length > 0 ? `${parts.join(', and ')}, not through the tap` : nothing;
  return { cause: 'unseen', sentence };
}

const printMs = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`);
