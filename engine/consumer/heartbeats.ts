import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberTurn, SentRequest } from './member.ts';
import type { MembershipState } from './step-machine.ts';
import { onEvicted, onToldToRejoin } from './membership.ts';

/** Answers that mean: the group has gone on without this member. */
export const EVICTIONS: readonly ErrorCode[] = [
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
];
/** Answers of a broker that is not the group's coordinator, or not yet, or no longer. */
export const UNAVAILABLE: readonly ErrorCode[] = ['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'];

/** States in which the heartbeat thread runs. Source: AbstractCoordinator.HeartbeatThread. */
const HEARTBEATS_IN: readonly MembershipState[] = [
  'syncing',
  'givingUp',
  'assigning',
  'stable',
  'rejoinNeeded',
  'committing',
  'revoking',
];

/**
 * The heartbeat clock has run out. A thread of its own sends at once; a fetch loop sends when it
 * comes by next.
 *
 * A client that has heard nothing for its session timeout looks for the coordinator anew; it
 * keeps its partitions, and nobody is called.
 */
export function onHeartbeatDue(turn: MemberTurn): void {
  if (!HEARTBEATS_IN.includes(turn.membershipState)) return;
  turn.set({ isHeartbeatDue: true });
  if (turn.config.profile.heartbeatsFrom === 'loop') return;
  const silentMs = turn.nowMs - turn.state.lastHeartbeatOkMs;
  if (silentMs >= turn.config.sessionTimeoutMs) turn.set({ isCoordinatorKnown: false });
  sendDueHeartbeat(turn);
}

/** Sends the heartbeat that is due, or looks for the coordinator first. */
export function sendDueHeartbeat(turn: MemberTurn): void {
  const { isHeartbeatDue, isCoordinatorKnown, memberId, generationId, config } = turn.state;
  if (!isHeartbeatDue || !HEARTBEATS_IN.includes(turn.membershipState)) return;
  if (!isCoordinatorKnown) {
    findCoordinator(turn);
    return;
  }
  if (memberId === null || generationId === null) return;
  turn.set({ isHeartbeatDue: false });
  turn.request({
    type: 'HeartbeatRequest',
    groupId: config.groupId,
    memberId,
    generationId,
    groupInstanceId: config.groupInstanceId,
  });
  turn.startTimer('heartbeat', config.heartbeatIntervalMs);
}

/** The coordinator is forgotten; generation and assignment are not, and nobody is called. */
export function onCoordinatorUnavailable(turn: MemberTurn): void {
  turn.set({ isCoordinatorKnown: false, isCoordinatorFresh: false });
}

export function findCoordinator(turn: MemberTurn): void {
  if (turn.isAsking('FindCoordinatorRequest')) return;
  turn.request({ type: 'FindCoordinatorRequest', groupId: turn.config.groupId });
}

/** Source: AbstractCoordinator.HeartbeatResponseHandler; an answer to an older generation is ignored. */
export function onHeartbeatResponse(
  turn: MemberTurn,
  sent: SentRequest,
  errorCode: ErrorCode,
): void {
  if (errorCode === 'NONE' || errorCode === 'REBALANCE_IN_PROGRESS') {
    turn.set({ lastHeartbeatOkMs: turn.nowMs });
  }
  if (sent.generationId !== turn.state.generationId) return;
  if (errorCode === 'REBALANCE_IN_PROGRESS') onToldToRejoin(turn, 'group is already rebalancing');
  else if (EVICTIONS.includes(errorCode)) onEvicted(turn, errorCode, 'HEARTBEAT');
  else if (UNAVAILABLE.includes(errorCode)) onCoordinatorUnavailable(turn);
}

/** No poll() for max.poll.interval.ms: the heartbeat thread leaves in the application's place. */
export function onPollTimeout(turn: MemberTurn): void {
  if (HEARTBEATS_IN.includes(turn.membershipState)) turn.raise({ type: 'POLL_TIMEOUT' });
}
