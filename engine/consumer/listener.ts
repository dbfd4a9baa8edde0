import type { CallbackName } from '../protocol/facts.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import { saveCheckpoints } from './checkpoints.ts';
import type { MemberTurn } from './member.ts';
import { stopWorkers } from './workers.ts';

/**
 * What a listener does in its revoked call before it comes to its end: it stops the workers on these
 * partitions, saves and commits.
 *
 * @returns the number of the commit that it waits for; null when it makes none.
 */
export function workInRevoked(
  turn: MemberTurn,
  partitions: readonly TopicPartition[],
): number | null {
  stopWorkers(turn, partitions);
  saveCheckpoints(turn, partitions);
  return turn.config.commitInRevoked ? turn.sendOwnCommit() : null;
}

/** A call of the listener comes to its end, or throws; then something that called it has to throw. */
export function leaveCall(turn: MemberTurn, callback: CallbackName): void {
  if (throwsIn(turn, callback)) {
    turn.note({ kind: 'callbackThrew', callback });
    turn.set({ hasThrown: true, isThrowOwed: true });
  }
  turn.note({ kind: 'callbackLeft', callback });
}

function throwsIn(turn: MemberTurn, callback: CallbackName): boolean {
  const { listenerThrows, lostCallsRevoked } = turn.config;
  if (listenerThrows === null) return false;
  if (listenerThrows.times === 'once' && turn.state.hasThrown) return false;
  const runs = callback === 'lost' && lostCallsRevoked ? ['lost', 'revoked'] : [callback];
  return runs.includes(listenerThrows.in);
}

/** What is owed is thrown now; says whether there was anything. */
export function takeThrow(turn: MemberTurn): boolean {
  const { isThrowOwed } = turn.state;
  turn.set({ isThrowOwed: false });
  return isThrowOwed;
}
