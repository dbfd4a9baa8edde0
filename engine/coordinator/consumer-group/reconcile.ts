import { unreachable } from '../../assert.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../../protocol/partitions.ts';
import type { ConsumerGroupMember } from './consumer-group.ts';

/** What a member is reconciled with. */
export interface ReconciliationInput {
  readonly target: readonly TopicPartition[];
  readonly targetEpoch: number;
  /** What the member says that it owns; null when it says nothing. */
  readonly owned: readonly TopicPartition[] | null;
  /** This request has changed what the member subscribes to. */
  readonly isSubscriptionNew: boolean;
  /** Whether somebody owns a partition. */
  readonly isOwned: (partition: TopicPartition) => boolean;
}

/**
 * Brings a member as far towards its target as it can go now: it gives up first, says so, and only
 * then gets what is free. The same member comes back where nothing changes.
 *
 * Source: CurrentAssignmentBuilder#build, Kafka 4.3.1.
 */
export function reconcile(
  member: ConsumerGroupMember,
  input: ReconciliationInput,
): ConsumerGroupMember {
  const { memberEpoch, state, pendingRevocation } = member;
  const { targetEpoch, owned, isSubscriptionNew } = input;
  switch (state) {
    case 'STABLE':
      if (memberEpoch !== targetEpoch) return next(member, input);
      return isSubscriptionNew ? dropUnsubscribed(member, input) : member;
    case 'UNREVOKED_PARTITIONS':
      if (stillOwns(owned, pendingRevocation)) {
        return isSubscriptionNew ? dropUnsubscribed(member, input) : member;
      }
      return next(member, input);
    case 'UNRELEASED_PARTITIONS':
      return next(member, input);
    default:
      return unreachable(state, 'reconcile');
  }
}

/** Who says nothing still owns what it was to give up. */
function stillOwns(
  owned: readonly TopicPartition[] | null,
  partitions: readonly TopicPartition[],
): boolean {
  if (owned === null) return true;
  const names = namesOf(partitions);
  return owned.some((partition) => names.has(printPartition(partition)));
}

const namesOf = (partitions: readonly TopicPartition[]): ReadonlySet<string> =>
  new Set(partitions.map(printPartition));

/** Partitions of topics that are not subscribed any more go at once, before there is a new target. */
function dropUnsubscribed(
  member: ConsumerGroupMember,
  { owned }: ReconciliationInput,
): ConsumerGroupMember {
  const isKept = ({ topic }: TopicPartition): boolean => member.topics.includes(topic);
  const going = member.assigned.filter((partition) => !isKept(partition));
  if (going.length === 0) return member;
  const assigned = member.assigned.filter(isKept);
  const pendingRevocation = [...member.pendingRevocation, ...going];
  const epochs = { previousMemberEpoch: member.memberEpoch };
  return stillOwns(owned, pendingRevocation)
    ? { ...member, ...epochs, assigned, pendingRevocation, state: 'UNREVOKED_PARTITIONS' }
    : { ...member, ...epochs, assigned };
}

/** Source: CurrentAssignmentBuilder#computeNextAssignment. */
function next(member: ConsumerGroupMember, input: ReconciliationInput): ConsumerGroupMember {
  const { targetEpoch, owned, isOwned } = input;
  const target = input.target.filter(({ topic }) => member.topics.includes(topic));
  const targetNames = namesOf(target);
  const kept = member.assigned.filter((each) => targetNames.has(printPartition(each)));
  const revoked = member.assigned.filter((each) => !targetNames.has(printPartition(each)));
  const keptNames = namesOf(kept);
  const wanted = target.filter((each) => !keptNames.has(printPartition(each)));
  const own = namesOf(member.pendingRevocation);
  const isFree = (each: TopicPartition): boolean => !isOwned(each) || own.has(printPartition(each));
  const given = wanted.filter(isFree);
  const previousMemberEpoch = member.memberEpoch;
  if (revoked.length > 0 && stillOwns(owned, revoked)) {
    return {
      ...member,
      previousMemberEpoch,
      state: 'UNREVOKED_PARTITIONS',
      assigned: kept,
      pendingRevocation: revoked,
    };
  }
  return {
    ...member,
    memberEpoch: targetEpoch,
    previousMemberEpoch,
    state: given.length < wanted.length ? 'UNRELEASED_PARTITIONS' : 'STABLE',
    assigned: sortPartitions([
      ...kept,
      ...given.map((each) => ({ ...each, assignmentEpoch: targetEpoch })),
    ]),
    pendingRevocation: [],
  };
}

/** Whether two lists of partitions name the same, in whatever order. */
export function isSameShare(
  some: readonly TopicPartition[],
  others: readonly TopicPartition[],
): boolean {
  const names = namesOf(some);
  return names.size === others.length && others.every((each) => names.has(printPartition(each)));
}
