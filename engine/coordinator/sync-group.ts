import type { ErrorCode } from '../protocol/error-codes.ts';
import type { SyncGroupRequest } from '../protocol/messages.ts';
import {
  hasEverybodySynced,
  inHashOrder,
  validateMember,
  type ClassicGroup,
  type GroupTurn,
} from './classic-group.ts';
import type { Parked } from './effects.ts';

/**
 * Takes one SyncGroup: followers wait until the leader's brings the assignments.
 *
 * Source: GroupMetadataManager#classicGroupSyncToClassicGroup. Simplification: the assignments are
 * durable at once; Kafka writes them to its log first, a few milliseconds.
 */
export function onSyncGroup(turn: GroupTurn, request: SyncGroupRequest, parked: Parked): void {
  const { memberId } = request;
  const errorCode = judge(turn.state, request);
  if (errorCode !== 'NONE') {
    turn.answer(parked, { type: 'SyncGroupResponse', errorCode, assignment: [] });
    return;
  }
  const member = { ...turn.member(memberId), isPendingSync: false };
  turn.putMember(member);
  if (turn.state.state === 'Stable') {
    const { assignment } = member;
    turn.answer(parked, { type: 'SyncGroupResponse', errorCode: 'NONE', assignment });
  } else {
    turn.putMember({ ...member, awaitingSync: parked });
    turn.noteMember(
      'awaitingSync',
      memberId,
      'its SyncGroup is held until the leader has assigned',
    );
    if (memberId === turn.state.leaderId) distribute(turn, request);
  }
  if (hasEverybodySynced(turn.state)) {
    turn.ask({ type: 'stopTimer', timer: { kind: 'syncTimeout', memberId: null } });
  }
}

function judge(group: ClassicGroup, request: SyncGroupRequest): ErrorCode {
  if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const membership = validateMember(group, request.memberId, request.groupInstanceId);
  if (membership !== 'NONE') return membership;
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  if (request.protocolName !== null && request.protocolName !== group.protocolName) {
    return 'INCONSISTENT_GROUP_PROTOCOL';
  }
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

/** Stores the leader's assignments and answers everybody who waits; who is missing gets nothing. */
function distribute(turn: GroupTurn, request: SyncGroupRequest): void {
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, assignment]),
  );
  turn.moveTo('Stable', 'the leader has sent the assignments');
  for (const member of inHashOrder(turn.state)) {
    const assignment = assignments.get(member.memberId) ?? [];
    const { awaitingSync } = member;
    turn.putMember({ ...member, assignment, awaitingSync: null });
    if (awaitingSync === null) continue;
    turn.noteMember('answered', member.memberId, 'its SyncGroup is answered');
    turn.answer(awaitingSync, { type: 'SyncGroupResponse', errorCode: 'NONE', assignment });
    turn.restartSession(member);
  }
  turn.persist();
}
