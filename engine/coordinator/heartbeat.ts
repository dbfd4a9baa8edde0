import { existing, unreachable } from '../assert.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { HeartbeatRequest } from '../protocol/messages.ts';
import { validateMember, type ClassicGroup, type GroupTurn } from './classic-group.ts';
import type { Parked } from './effects.ts';

/**
 * Answers one heartbeat to a classic group.
 *
 * An answer of NONE or REBALANCE_IN_PROGRESS restarts the member's session timer; a refusal leaves
 * it running.
 *
 * Source: GroupMetadataManager#classicGroupHeartbeatToClassicGroup, Kafka 4.3.1. The prose on
 * ClassicGroupState says CompletingRebalance answers REBALANCE_IN_PROGRESS; the code says NONE.
 */
export function onHeartbeat(turn: GroupTurn, request: HeartbeatRequest, parked: Parked): void {
  const errorCode = judge(turn.state, request);
  if (errorCode === 'NONE' || errorCode === 'REBALANCE_IN_PROGRESS') {
    turn.restartSession(turn.member(existing(request.memberId, 'id of a member')));
  }
  turn.answer(parked, { type: 'HeartbeatResponse', errorCode });
}

/** The broker's order of checks: dead group, membership, generation, state. */
function judge(group: ClassicGroup, request: HeartbeatRequest): ErrorCode {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const membership = validateMember(group, request.memberId, request.groupInstanceId);
  if (membership !== 'NONE') return membership;
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  switch (group.state) {
    case 'Empty':
      return 'UNKNOWN_MEMBER_ID';
    case 'PreparingRebalance':
      return 'REBALANCE_IN_PROGRESS';
    case 'CompletingRebalance':
    case 'Stable':
      return 'NONE';
    default:
      return unreachable(group.state, 'judge');
  }
}
