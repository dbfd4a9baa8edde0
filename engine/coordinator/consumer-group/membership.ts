import type { ErrorCode } from '../../protocol/error-codes.ts';
import type { GroupInstanceId, MemberId, MemberName } from '../../protocol/ids.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../../protocol/partitions.ts';
import type { ConsumerGroupMember, ConsumerGroupTurn, Topics } from './consumer-group.ts';
import { isReconciledTo } from './consumer-group.ts';
import { isSameShare, reconcile } from './reconcile.ts';
import { updateTarget } from './target-assignment.ts';

/** Who a request says that it comes from. */
export interface Sender {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly name: MemberName;
}

/** Epoch of a static member that has left for a while. */
export const AWAY = -2;

/** Source: GroupMetadataManager#throwIfConsumerGroupIsFull. */
export const isFull = (
  { state, settings }: ConsumerGroupTurn,
  memberId: MemberId | null,
): boolean =>
  state.members.size >= settings.consumer.maxSize &&
  (memberId === null || !state.members.has(memberId));

const newMember = ({ memberId, groupInstanceId, name }: Sender): ConsumerGroupMember => ({
  memberId,
  groupInstanceId,
  name,
  rackId: null,
  rebalanceTimeoutMs: 0,
  serverAssignor: null,
  topics: [],
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: 'STABLE',
  assigned: [],
  pendingRevocation: [],
  revokingEpoch: null,
  classic: null,
});

/**
 * Who joins: a newcomer, a member that comes back, or one that takes the place of the static member
 * with its group.instance.id.
 *
 * Source: GroupMetadataManager#getOrMaybeSubscribeDynamicConsumerGroupMember,
 * #getOrMaybeSubscribeStaticConsumerGroupMember.
 */
export function joiningMember(
  turn: ConsumerGroupTurn,
  sender: Sender,
  isClassic: boolean,
): ConsumerGroupMember | ErrorCode {
  const holder = turn.staticMember(sender.groupInstanceId);
  if (holder === undefined) return turn.state.members.get(sender.memberId) ?? newMember(sender);
  // Two of the consumer protocol do not fence each other: the first has to leave.
  const isHeld = !isClassic && holder.classic === null && holder.memberEpoch !== AWAY;
  if (isHeld) return 'UNRELEASED_INSTANCE_ID';
  const { memberId, name } = sender;
  const member = { ...holder, memberId, name, memberEpoch: 0, previousMemberEpoch: 0 };
  const target = turn.state.target.get(holder.memberId) ?? [];
  turn.noteMember('removed', holder, `${name} takes its place with the same group.instance.id`);
  turn.dropMember(holder);
  turn.putMember(member);
  turn.set({ target: turn.state.target.set(memberId, target) });
  turn.noteMember('added', member, 'it takes the place of a static member');
  return member;
}

/** Who sends this, known already. Source: GroupMetadataManager#validateConsumerGroupMember. */
export function knownMember(
  turn: ConsumerGroupTurn,
  memberId: MemberId | null,
  groupInstanceId: GroupInstanceId | null,
): ConsumerGroupMember | ErrorCode {
  if (groupInstanceId === null) {
    const member = memberId === null ? undefined : turn.state.members.get(memberId);
    return member ?? 'UNKNOWN_MEMBER_ID';
  }
  const holder = turn.staticMember(groupInstanceId);
  if (holder === undefined) return 'UNKNOWN_MEMBER_ID';
  return holder.memberId === memberId ? holder : 'FENCED_INSTANCE_ID';
}

/**
 * Takes what a member says of itself, and brings the group, its target and the member on from there.
 *
 * @param old the member as it was; not in the group yet when it is new.
 * @param owned what it says that it owns; null when it says nothing.
 * @returns the member after it.
 */
export function updateMember(
  turn: ConsumerGroupTurn,
  old: ConsumerGroupMember,
  updated: ConsumerGroupMember,
  owned: readonly TopicPartition[] | null,
): ConsumerGroupMember {
  const { isSubscriptionNew, whyBumped } = storeMember(turn, old, updated);
  if (whyBumped !== null) turn.bumpEpoch(whyBumped);
  updateTarget(turn);
  return reconcileMember(turn, updated, owned, isSubscriptionNew);
}

/** What the group and its target have to follow. */
interface Stored {
  readonly isSubscriptionNew: boolean;
  /** Why there has to be another epoch; null when there has not. */
  readonly whyBumped: string | null;
}

/** Puts the member in. */
export function storeMember(
  turn: ConsumerGroupTurn,
  old: ConsumerGroupMember,
  updated: ConsumerGroupMember,
): Stored {
  const { memberId, name } = updated;
  const isNew = !turn.state.members.has(memberId);
  turn.putMember(updated);
  if (isNew) turn.noteMember('added', updated, 'it joins with its member id');
  const isSubscriptionNew = !isSameSet(old.topics, updated.topics);
  const areTopicsNew = refreshTopics(turn);
  if (!isSubscriptionNew) {
    return { isSubscriptionNew, whyBumped: areTopicsNew ? 'topics have changed' : null };
  }
  // Somebody new who subscribes to nothing changes nothing.
  const what = isNew ? 'joins the group' : 'subscribes to other topics';
  return { isSubscriptionNew, whyBumped: `${name} ${what}` };
}

/**
 * Looks at the subscribed topics anew; true when they are not as the group has known them. Kafka
 * compares hashes that cover the racks of replicas too (Utils#computeTopicHash, 4.3.1); those of a
 * partition do not change here.
 */
export function refreshTopics(turn: ConsumerGroupTurn): boolean {
  const { topicCounts, members } = turn.state;
  const counts = countsOf(turn.topics, members.values());
  const isNew =
    counts.size !== topicCounts.size ||
    [...counts].some(([topic, count]) => topicCounts.get(topic) !== count);
  if (isNew) turn.set({ topicCounts: counts });
  return isNew;
}

/** What there is of the topics that members subscribe to. Source: ModernGroup#computeMetadataHash. */
export function countsOf(
  topics: Topics,
  members: readonly Pick<ConsumerGroupMember, 'topics'>[],
): ReadonlyMap<string, number> {
  const names = new Set(members.flatMap((member) => member.topics));
  return new Map(
    [...topics]
      .filter(([name]) => names.has(name))
      .map(([name, { partitionCount }]) => [name, partitionCount]),
  );
}

const isSameSet = (some: readonly string[], others: readonly string[]): boolean => {
  const names = new Set(some);
  return names.size === new Set(others).size && others.every((name) => names.has(name));
};

/**
 * Brings a member on towards its target, with the clock that fences it when it does not give up in
 * time what it was told to.
 *
 * Source: GroupMetadataManager#maybeReconcile.
 */
export function reconcileMember(
  turn: ConsumerGroupTurn,
  member: ConsumerGroupMember,
  owned: readonly TopicPartition[] | null,
  isSubscriptionNew: boolean,
): ConsumerGroupMember {
  const { targetEpoch, target, owners } = turn.state;
  if (!isSubscriptionNew && isReconciledTo(member, targetEpoch)) return member;
  const { memberId } = member;
  const updated = reconcile(member, {
    target: sortPartitions(target.get(memberId) ?? []),
    targetEpoch,
    owned,
    isSubscriptionNew,
    isOwned: (partition) => owners.has(printPartition(partition)),
  });
  if (updated === member) return member;
  turn.putMember(updated);
  const { name, memberEpoch, state, assigned, pendingRevocation } = updated;
  if (!isSameToAll(member, updated)) {
    const note = {
      kind: 'memberReconciled',
      memberId,
      member: name,
      memberEpoch,
      state,
      assigned: assigned.map(bare),
      pendingRevocation: pendingRevocation.map(bare),
    } as const;
    turn.ask({ type: 'note', note });
  }
  if (updated.classic !== null) return updated;
  if (state === 'UNREVOKED_PARTITIONS') {
    turn.startRevocation(memberId);
    return turn.member(memberId);
  }
  turn.ask({ type: 'stopTimer', timer: { kind: 'revocationTimeout', memberId } });
  return updated;
}

/** Only the epoch before may have changed, of which nobody is told. */
const isSameToAll = (old: ConsumerGroupMember, updated: ConsumerGroupMember): boolean =>
  old.memberEpoch === updated.memberEpoch &&
  old.state === updated.state &&
  isSameShare(old.assigned, updated.assigned) &&
  isSameShare(old.pendingRevocation, updated.pendingRevocation);

const bare = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });
