import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberTurn } from './member.ts';

/** Answers of a broker that is not the group's coordinator, or not yet, or no longer. */
export const UNAVAILABLE: readonly ErrorCode[] = ['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'];

/** The coordinator is forgotten; generation and assignment are not, and nobody is called. */
export function onCoordinatorUnavailable(turn: MemberTurn): void {
  turn.set({ isCoordinatorKnown: false, isCoordinatorFresh: false });
}

export function findCoordinator(turn: MemberTurn): void {
  if (turn.isAsking('FindCoordinatorRequest')) return;
  turn.request({ type: 'FindCoordinatorRequest', groupId: turn.config.groupId });
}

/** The next try waits; source: AbstractCoordinator#ensureCoordinatorReady. */
export function backOff(turn: MemberTurn): void {
  turn.set({ isBackingOff: true });
  turn.startTimer('retry', turn.config.retryBackoffMs);
}
