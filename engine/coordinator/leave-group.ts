import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { LeaveGroupRequest, LeavingMember } from '../protocol/messages.ts';
import { validateMember, type GroupTurn } from './classic-group.ts';
import type { Parked } from './effects.ts';
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

/** An entry without a member id removes whoever goes by its group.instance.id: the admin's way. */
function leaveOne(turn: GroupTurn, leaving: LeavingMember): ErrorCode {
  const { memberId, groupInstanceId, reason } = leaving;
  const why = reason === null ? 'it leaves' : `it leaves: ${reason}`;
  if (memberId === null) {
    const holder =
      groupInstanceId === null ? undefined : turn.state.staticMembers.get(groupInstanceId);
    if (holder === undefined) return 'UNKNOWN_MEMBER_ID';
    takeOut(turn, holder, why);
    return 'NONE';
  }
  if (turn.state.pendingJoinMembers.has(memberId)) {
    turn.ask({ type: 'stopTimer', timer: { kind: 'pendingMember', memberId } });
    removePending(turn, memberId, why);
    return 'NONE';
  }
  const errorCode = validateMember(turn.state, memberId, groupInstanceId);
  if (errorCode === 'NONE') takeOut(turn, memberId, why);
  return errorCode;
}

/** Source: GroupMetadataManager#removeCurrentMemberFromClassicGroup. */
function takeOut(turn: GroupTurn, memberId: MemberId, why: string): void {
  const { isNew, awaitingJoin } = turn.member(memberId);
  if (isNew) turn.ask({ type: 'stopTimer', timer: { kind: 'newMember', memberId } });
  turn.ask({ type: 'stopTimer', timer: { kind: 'session', memberId } });
  if (awaitingJoin !== null) turn.refuseJoin(awaitingJoin, 'UNKNOWN_MEMBER_ID');
  removeMember(turn, memberId, why);
}
