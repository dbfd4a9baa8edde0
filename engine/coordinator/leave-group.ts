import type { ErrorCode } from '../protocol/error-codes.ts';
import type { LeaveGroupRequest, LeavingMember } from '../protocol/messages.ts';
import { validateMember, type GroupTurn, type Parked } from './classic-group.ts';
import {
  maybeCompleteJoinPhase,
  prepareRebalance,
  removeMember,
  removePending,
} from './rebalance.ts';

/**
 * Takes members out of the group: first all of them, then at most one rebalance.
 *
 * Source: GroupMetadataManager#classicGroupLeaveToClassicGroup.
 */
export function onLeaveGroup(turn: GroupTurn, request: LeaveGroupRequest, parked: Parked): void {
  if (turn.state.state === 'Dead') {
    const errorCode = 'COORDINATOR_NOT_AVAILABLE';
    turn.answer(parked, { type: 'LeaveGroupResponse', errorCode, members: [] });
    return;
  }
  const members = request.members.map((leaving) => ({
    memberId: leaving.memberId,
    groupInstanceId: leaving.groupInstanceId,
    errorCode: leaveOne(turn, leaving),
  }));
  turn.answer(parked, { type: 'LeaveGroupResponse', errorCode: 'NONE', members });
  if (members.every(({ errorCode }) => errorCode !== 'NONE')) return;
  const { state } = turn.state;
  if (state === 'Stable' || state === 'CompletingRebalance') {
    prepareRebalance(turn, `${parked.client.name} leaves the group`);
  } else if (state === 'PreparingRebalance') maybeCompleteJoinPhase(turn);
}

function leaveOne(turn: GroupTurn, { memberId, reason }: LeavingMember): ErrorCode {
  const why = reason === null ? 'it leaves' : `it leaves: ${reason}`;
  if (memberId !== null && turn.state.pendingJoinMembers.has(memberId)) {
    turn.ask({ type: 'stopTimer', timer: { kind: 'pendingMember', memberId } });
    removePending(turn, memberId, why);
    return 'NONE';
  }
  const errorCode = validateMember(turn.state, memberId);
  if (errorCode !== 'NONE' || memberId === null) return errorCode;
  const member = turn.member(memberId);
  const clock = member.isNew ? 'newMember' : 'session';
  turn.ask({ type: 'stopTimer', timer: { kind: clock, memberId } });
  if (member.awaitingJoin !== null) turn.refuseJoin(member.awaitingJoin, 'UNKNOWN_MEMBER_ID');
  removeMember(turn, memberId, why);
  return 'NONE';
}
