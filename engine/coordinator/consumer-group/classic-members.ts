import type { ErrorCode } from '../../protocol/error-codes.ts';
import { asGenerationId, type MemberId } from '../../protocol/ids.ts';
import type {
  HeartbeatRequest,
  JoinGroupRequest,
  SyncGroupRequest,
} from '../../protocol/messages.ts';
import { printPartition, type TopicPartition } from '../../protocol/partitions.ts';
import type { Parked } from '../effects.ts';
import { refusedJoin } from '../refusals.ts';
import type { ConsumerGroupMember, ConsumerGroupTurn } from './consumer-group.ts';
import { canDowngradeWith } from './conversion.ts';
import {
  isFull,
  joiningMember,
  knownMember,
  reconcileMember,
  storeMember,
  updateMember,
} from './membership.ts';

/**
 * A member of the classic protocol joins or rejoins; it is answered at once, as a follower. One that
 * takes the place of the last static member of the consumer protocol makes the group classic again.
 *
 * Source: GroupMetadataManager#classicGroupJoinToConsumerGroup.
 */
export function onJoinGroup(
  turn: ConsumerGroupTurn,
  request: JoinGroupRequest,
  parked: Parked,
  freshId: MemberId,
): void {
  const holder = turn.staticMember(request.groupInstanceId);
  const member = joiner(turn, request, parked, freshId);
  if (typeof member === 'string') {
    turn.answer(parked, refusedJoin(member, member === 'MEMBER_ID_REQUIRED' ? freshId : null));
    return;
  }
  const isDowngrade = holder?.classic === null && canDowngradeWith(turn, member);
  const offered = asOffered(member, request);
  const owned = request.protocols[0]?.metadata.ownedPartitions ?? [];
  const updated = isDowngrade
    ? beforeDowngrade(turn, member, offered, owned)
    : updateMember(turn, member, offered, owned);
  if (!isDowngrade) {
    turn.restartSession(updated);
    const timer = { kind: 'memberSyncTimeout', memberId: updated.memberId } as const;
    turn.ask({ type: 'startTimer', timer, afterMs: request.rebalanceTimeoutMs });
  }
  stopTimer(turn, 'memberJoinTimeout', updated);
  turn.answer(parked, {
    ...refusedJoin('NONE', updated.memberId),
    generationId: asGenerationId(updated.memberEpoch),
    protocolName: request.protocols[0]?.name ?? null,
  });
  turn.settleState(`${updated.name} joins with the classic protocol`);
}

/**
 * The group rebalances only when its target is out of date; otherwise everybody keeps what it has.
 * Its generation is the epoch before: Kafka converts the group as it was, without a new epoch.
 */
function beforeDowngrade(
  turn: ConsumerGroupTurn,
  member: ConsumerGroupMember,
  offered: ConsumerGroupMember,
  owned: readonly TopicPartition[],
): ConsumerGroupMember {
  const { isSubscriptionNew, whyBumped } = storeMember(turn, member, offered);
  const { targetEpoch, groupEpoch } = turn.state;
  const isRebalance = targetEpoch < groupEpoch || whyBumped !== null;
  const reason = `${member.name} joins with the classic protocol`;
  turn.downgrade({ isRebalance, reason });
  return isRebalance ? offered : reconcileMember(turn, offered, owned, isSubscriptionNew);
}

/** What a JoinGroup is refused with; the member that joins, where it is not. */
function joiner(
  turn: ConsumerGroupTurn,
  request: JoinGroupRequest,
  { client: { name } }: Parked,
  freshId: MemberId,
): ConsumerGroupMember | ErrorCode {
  const { groupInstanceId } = request;
  const memberId = request.memberId ?? freshId;
  if (turn.settings.consumer.migrationPolicy === 'disabled') return 'INCONSISTENT_GROUP_PROTOCOL';
  if (isFull(turn, memberId)) return 'GROUP_MAX_SIZE_REACHED';
  if (!isOfferShared(turn, request)) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (groupInstanceId === null) {
    if (request.memberId === null) return 'MEMBER_ID_REQUIRED';
    return joiningMember(turn, { memberId, groupInstanceId, name }, true);
  }
  return request.memberId === null
    ? joiningMember(turn, { memberId, groupInstanceId, name }, true)
    : knownMember(turn, memberId, groupInstanceId);
}

/** One of its assignors is offered by every other classic member. Source: ConsumerGroup#supportsClassicProtocols. */
function isOfferShared({ state }: ConsumerGroupTurn, { protocols }: JoinGroupRequest): boolean {
  const offers = state.members
    .values()
    .flatMap(({ classic }) => (classic === null ? [] : [classic]));
  return protocols.some((mine) =>
    offers.every((other) => other.protocols.some(({ name }) => name === mine.name)),
  );
}

/** The member with what its JoinGroup says. */
function asOffered(
  member: ConsumerGroupMember,
  { sessionTimeoutMs, rebalanceTimeoutMs, protocols }: JoinGroupRequest,
): ConsumerGroupMember {
  const subscription = protocols[0]?.metadata;
  return {
    ...member,
    rackId: subscription?.rackId ?? member.rackId,
    rebalanceTimeoutMs,
    topics: subscription?.topics ?? member.topics,
    classic: { sessionTimeoutMs, protocols, isAwaited: false },
  };
}

/** Source: GroupMetadataManager#classicGroupSyncToConsumerGroup. */
export function onSyncGroup(
  turn: ConsumerGroupTurn,
  request: SyncGroupRequest,
  parked: Parked,
): void {
  const refuse = (errorCode: ErrorCode): void => {
    turn.answer(parked, { type: 'SyncGroupResponse', errorCode, assignment: [] });
  };
  const member = classicMember(turn, request);
  if (typeof member === 'string') {
    refuse(member);
    return;
  }
  const answered = member.classic?.protocols[0]?.name;
  if (request.protocolName !== null && request.protocolName !== answered) {
    refuse('INCONSISTENT_GROUP_PROTOCOL');
    return;
  }
  if (turn.state.targetEpoch > member.memberEpoch && member.state !== 'UNREVOKED_PARTITIONS') {
    awaitRejoin(turn, member);
    refuse('REBALANCE_IN_PROGRESS');
    return;
  }
  stopTimer(turn, 'memberSyncTimeout', member);
  turn.restartSession(member);
  turn.answer(parked, {
    type: 'SyncGroupResponse',
    errorCode: 'NONE',
    assignment: member.assigned.map(({ topic, partition }) => ({ topic, partition })),
  });
}

/** Source: GroupMetadataManager#classicGroupHeartbeatToConsumerGroup. */
export function onHeartbeat(
  turn: ConsumerGroupTurn,
  request: HeartbeatRequest,
  parked: Parked,
): void {
  const member = classicMember(turn, request);
  if (typeof member === 'string') {
    turn.answer(parked, { type: 'HeartbeatResponse', errorCode: member });
    return;
  }
  turn.restartSession(member);
  const mustRejoin =
    member.memberEpoch < turn.state.targetEpoch ||
    member.state === 'UNREVOKED_PARTITIONS' ||
    (member.state === 'UNRELEASED_PARTITIONS' && !isWaiting(turn, member));
  if (mustRejoin) awaitRejoin(turn, member);
  const errorCode = mustRejoin ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  turn.answer(parked, { type: 'HeartbeatResponse', errorCode });
}

/** Somebody else still owns some of its target. Source: ConsumerGroup#waitingOnUnreleasedPartition. */
function isWaiting({ state }: ConsumerGroupTurn, member: ConsumerGroupMember): boolean {
  const assigned = new Set(member.assigned.map(printPartition));
  return (state.target.get(member.memberId) ?? []).some(
    (partition) =>
      !assigned.has(printPartition(partition)) && state.owners.has(printPartition(partition)),
  );
}

function classicMember(
  turn: ConsumerGroupTurn,
  { memberId, groupInstanceId, generationId }: HeartbeatRequest | SyncGroupRequest,
): ConsumerGroupMember | ErrorCode {
  const member = knownMember(turn, memberId, groupInstanceId);
  if (typeof member === 'string') return member;
  if (member.classic === null) return 'UNKNOWN_MEMBER_ID';
  const epoch: number = generationId;
  return epoch === member.memberEpoch ? member : 'ILLEGAL_GENERATION';
}

/** The clock runs from the first time that a member is told to rejoin. */
function awaitRejoin(turn: ConsumerGroupTurn, member: ConsumerGroupMember): void {
  const { memberId, rebalanceTimeoutMs, classic } = member;
  if (classic === null || classic.isAwaited) return;
  turn.putMember({ ...member, classic: { ...classic, isAwaited: true } });
  const timer = { kind: 'memberJoinTimeout', memberId } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: rebalanceTimeoutMs });
}

function stopTimer(
  turn: ConsumerGroupTurn,
  kind: 'memberJoinTimeout' | 'memberSyncTimeout',
  { memberId }: ConsumerGroupMember,
): void {
  turn.ask({ type: 'stopTimer', timer: { kind, memberId } });
}
