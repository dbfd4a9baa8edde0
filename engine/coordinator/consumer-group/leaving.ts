import type { ErrorCode } from '../../protocol/error-codes.ts';
import type {
  ConsumerGroupHeartbeatRequest,
  LeaveGroupRequest,
  LeavingMember,
} from '../../protocol/messages.ts';
import type { Parked } from '../effects.ts';
import { refusedConsumerHeartbeat } from '../refusals.ts';
import type { ConsumerGroupMember, ConsumerGroupTurn } from './consumer-group.ts';
import { canDowngradeWithout } from './conversion.ts';
import { AWAY, knownMember, refreshTopics } from './membership.ts';

/**
 * A heartbeat with a negative epoch: the member goes, or, static, goes away for a while and keeps
 * what it was given; then nothing else happens until it is back or its session is over.
 *
 * Source: GroupMetadataManager#consumerGroupLeave, #consumerGroupStaticMemberGroupLeave.
 */
export function onLeavingHeartbeat(
  turn: ConsumerGroupTurn,
  { memberId, memberEpoch, groupInstanceId }: ConsumerGroupHeartbeatRequest,
  parked: Parked,
): void {
  const member = knownMember(turn, memberId, groupInstanceId);
  if (typeof member === 'string') {
    turn.answer(parked, refusedConsumerHeartbeat(member));
    return;
  }
  if (memberEpoch === AWAY) {
    turn.putMember({
      ...member,
      memberEpoch: AWAY,
      pendingRevocation: [],
      assigned: member.assigned.map((partition) => ({ ...partition, assignmentEpoch: 0 })),
    });
    turn.noteMember('away', member, 'it leaves for a while, its partitions are kept for it');
  } else fence(turn, [member], 'it leaves', `${member.name} leaves the group`);
  turn.answer(parked, { ...refusedConsumerHeartbeat('NONE'), memberEpoch });
  turn.settleState(`${member.name} leaves`);
}

/**
 * LeaveGroup of members of the classic protocol, or of an admin, who names static members only by
 * their group.instance.id.
 *
 * Source: GroupMetadataManager#classicGroupLeaveToConsumerGroup.
 */
export function onLeaveGroup(
  turn: ConsumerGroupTurn,
  request: LeaveGroupRequest,
  parked: Parked,
): void {
  const found = request.members.map((leaving) => ({ leaving, member: leaverOf(turn, leaving) }));
  // Who is named twice leaves once, and both entries are good.
  const gone = new Set(found.flatMap(({ member }) => (typeof member === 'string' ? [] : [member])));
  fence(turn, [...gone], 'it leaves', `${parked.client.name} sends LeaveGroup`);
  turn.answer(parked, {
    type: 'LeaveGroupResponse',
    errorCode: 'NONE',
    members: found.map(({ leaving: { memberId, groupInstanceId }, member }) => ({
      memberId,
      groupInstanceId,
      errorCode: typeof member === 'string' ? member : 'NONE',
    })),
  });
  turn.settleState(`${parked.client.name} sends LeaveGroup`);
}

function leaverOf(
  turn: ConsumerGroupTurn,
  { memberId, groupInstanceId }: LeavingMember,
): ConsumerGroupMember | ErrorCode {
  if (memberId !== null || groupInstanceId === null) {
    return knownMember(turn, memberId, groupInstanceId);
  }
  return turn.staticMember(groupInstanceId) ?? 'UNKNOWN_MEMBER_ID';
}

/**
 * Takes members out for good: what they owned is free, and there will be another target, with the
 * next heartbeat of somebody who stays.
 *
 * Source: GroupMetadataManager#consumerGroupFenceMembers.
 */
export function fence(
  turn: ConsumerGroupTurn,
  members: readonly ConsumerGroupMember[],
  why: string,
  reason: string,
): void {
  if (members.length === 0) return;
  const isDowngrade = canDowngradeWithout(turn, members);
  for (const member of members) {
    const { memberId } = member;
    turn.noteMember('removed', member, why);
    turn.dropMember(turn.member(memberId));
    for (const kind of MEMBER_TIMERS) turn.ask({ type: 'stopTimer', timer: { kind, memberId } });
  }
  if (isDowngrade) turn.downgrade({ isRebalance: true, reason });
  else {
    refreshTopics(turn);
    turn.bumpEpoch(reason);
  }
}

/** Source: GroupMetadataManager#cancelTimers. */
const MEMBER_TIMERS = [
  'session',
  'revocationTimeout',
  'memberJoinTimeout',
  'memberSyncTimeout',
] as const;
