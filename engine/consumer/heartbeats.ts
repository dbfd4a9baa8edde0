import type { ErrorCode } from '../protocol/error-codes.ts';
import {
  UNAVAILABLE,
  backOff,
  findCoordinator,
  onCoordinatorUnavailable,
} from './find-coordinator.ts';
import type { MemberTurn, SentRequest } from './member.ts';
import type { MembershipState } from './step-machine.ts';
import { onEvicted, onToldToRejoin } from './membership.ts';

/** Answers that mean: the group has gone on without this member. */
export const EVICTIONS: readonly ErrorCode[] = [
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
];
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
 * keeps its partitions, and nobody is called. One with a session clock of its own, which has been
 * frozen and thaws, looks at that clock first.
 */
export function onHeartbeatDue(turn: MemberTurn): void {
  if (!mayHeartbeat(turn)) return;
  turn.set({ isHeartbeatDue: true });
  const { heartbeatsFrom, declaresOwnSessionOver } = turn.config.profile;
  if (heartbeatsFrom === 'loop') return;
  const isSilent = turn.nowMs - turn.state.lastHeartbeatOkMs >= turn.config.sessionTimeoutMs;
  if (isSilent && declaresOwnSessionOver) onSessionOver(turn);
  else if (isSilent) turn.set({ isCoordinatorKnown: false });
  sendDueHeartbeat(turn);
}

/** librdkafka sends heartbeats also while its lost call waits for poll(), then without an id. */
const mayHeartbeat = (turn: MemberTurn): boolean =>
  HEARTBEATS_IN.includes(turn.membershipState) ||
  (turn.membershipState === 'lost' &&
    turn.config.profile.declaresOwnSessionOver &&
    turn.state.failure === null);

/**
 * librdkafka declares its session over by itself, also when no broker is there to say so, as long as
 * no rebalance is under way: it forgets its member id, and its partitions are lost.
 *
 * Source: rdkafka_cgrp.c, rd_kafka_cgrp_session_timeout_check, version 2.15.
 */
export function onSessionOver(turn: MemberTurn): void {
  if (turn.membershipState !== 'stable' && turn.membershipState !== 'assigning') return;
  turn.stopTimer('ownSession');
  turn.identify(null, turn.state.generationId);
  turn.set({ isPrepared: false });
  turn.raise({ type: 'EVICTED' });
}

/** The coordinator has spoken well of the member: its session begins anew. */
export function renewSession(turn: MemberTurn): void {
  turn.set({ lastHeartbeatOkMs: turn.nowMs });
  if (turn.config.profile.declaresOwnSessionOver) {
    turn.startTimer('ownSession', turn.config.sessionTimeoutMs);
  }
}

/**
 * SyncGroup has given the member its assignment: librdkafka sends the heartbeat that is due by then,
 * which for a newcomer is one at once.
 *
 * Source: recordings; rdkafka_cgrp.c, rd_kafka_cgrp_join_state_serve, version 2.15.
 */
export function startHeartbeats(turn: MemberTurn): void {
  if (turn.config.profile.heartbeatClock !== 'sinceLastHeartbeat') return;
  const { lastHeartbeatMs, config } = turn.state;
  const dueMs = lastHeartbeatMs === null ? 0 : lastHeartbeatMs + config.heartbeatIntervalMs;
  renewSession(turn);
  turn.startTimer('heartbeat', Math.max(0, dueMs - turn.nowMs));
}

/** Sends the heartbeat that is due, or looks for the coordinator first. */
export function sendDueHeartbeat(turn: MemberTurn): void {
  const { isHeartbeatDue, isCoordinatorKnown, memberId, generationId, config } = turn.state;
  if (!isHeartbeatDue || !mayHeartbeat(turn)) return;
  if (!isCoordinatorKnown) {
    findCoordinator(turn);
    return;
  }
  if (generationId === null) return;
  turn.set({ isHeartbeatDue: false, lastHeartbeatMs: turn.nowMs });
  turn.request({
    type: 'HeartbeatRequest',
    groupId: config.groupId,
    memberId,
    generationId,
    groupInstanceId: config.groupInstanceId,
  });
  turn.startTimer('heartbeat', config.heartbeatIntervalMs);
}

/** Source: AbstractCoordinator.HeartbeatResponseHandler; an answer to an older generation is ignored. */
export function onHeartbeatResponse(
  turn: MemberTurn,
  sent: SentRequest,
  errorCode: ErrorCode,
): void {
  if (errorCode === 'NONE' || errorCode === 'REBALANCE_IN_PROGRESS') renewSession(turn);
  if (sent.generationId !== turn.state.generationId) return;
  if (errorCode === 'REBALANCE_IN_PROGRESS') onToldToRejoin(turn, 'group is already rebalancing');
  else if (EVICTIONS.includes(errorCode)) onEvicted(turn, errorCode, 'HEARTBEAT');
  else if (UNAVAILABLE.includes(errorCode)) {
    onCoordinatorUnavailable(turn);
    rejoinElsewhere(turn, errorCode);
    if (turn.config.profile.heartbeatsFrom === 'loop') return;
    turn.set({ isHeartbeatDue: true });
    backOff(turn);
  }
}

/**
 * To kafkajs an answer of a broker that is not the coordinator any more is a rebalance.
 *
 * Source: kafkajs 2.2.4, errors.js: isRebalancing.
 */
export function rejoinElsewhere(turn: MemberTurn, errorCode: ErrorCode): void {
  const isMoved = errorCode === 'NOT_COORDINATOR' && turn.config.profile.rejoinsElsewhere;
  if (isMoved) onToldToRejoin(turn, 'the coordinator is another broker');
}

/**
 * No poll() for max.poll.interval.ms: the heartbeat thread leaves in the application's place. Java's
 * looks for the coordinator first; if poll() is called before that is found, nothing has happened.
 *
 * Source: AbstractCoordinator.HeartbeatThread#run, the order of its checks.
 */
export function onPollTimeout(turn: MemberTurn): void {
  if (!HEARTBEATS_IN.includes(turn.membershipState)) return;
  const { isCoordinatorKnown, config } = turn.state;
  if (!isCoordinatorKnown && config.profile.leavesOnlyKnownCoordinator) {
    turn.set({ isPollOver: true });
    if (!turn.state.isBackingOff) findCoordinator(turn);
    return;
  }
  turn.set({ isPollOver: false });
  turn.raise({ type: 'POLL_TIMEOUT' });
}

/** The coordinator is found: what the heartbeat thread has put off is done. */
export function resumeHeartbeats(turn: MemberTurn): void {
  const { heartbeatsFrom, declaresOwnSessionOver } = turn.config.profile;
  if (heartbeatsFrom === 'loop') return;
  // Source: AbstractCoordinator.FindCoordinatorResponseHandler, Heartbeat#resetSessionTimeout.
  if (!declaresOwnSessionOver) turn.set({ lastHeartbeatOkMs: turn.nowMs });
  if (turn.state.isPollOver) onPollTimeout(turn);
  sendDueHeartbeat(turn);
}
