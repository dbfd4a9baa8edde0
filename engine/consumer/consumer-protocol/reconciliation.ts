import type { ErrorCode } from '../../protocol/error-codes.ts';
import {
  printPartition,
  withoutPartitions,
  type TopicPartition,
} from '../../protocol/partitions.ts';
import type { MemberTurn } from '../member.ts';
import { RETRIABLE, isSameList, setEpoch, update } from './heartbeats.ts';

/**
 * Works on the assignment that the coordinator wants, as far as it goes in this poll(): commit, then
 * the revoked callback, then the assigned one, then the acknowledgement.
 *
 * Source: AbstractMembershipManager#maybeReconcile, #revokeAndAssign; the application's half runs
 * inside poll() since 4.2.
 */
export function reconcile(turn: MemberTurn): void {
  if (turn.membershipState !== 'reconciling') return;
  const { reconciliation } = turn.state.consumerProtocol;
  if (reconciliation === null) begin(turn);
  else if (reconciliation.commitId === null) callListener(turn);
}

/**
 * What the coordinator wants is what the member has already: it says so without its application.
 *
 * Source: AbstractMembershipManager#maybeReconcile, before it looks at canCommit.
 */
export function acknowledgeUnchanged(turn: MemberTurn): void {
  const { target, reconciled, reconciliation } = turn.state.consumerProtocol;
  if (turn.membershipState !== 'reconciling' || reconciliation !== null) return;
  if (target === null || reconciled === null) return;
  if (!isSameList(reconciled.partitions, target.partitions)) return;
  update(turn, { reconciled: target });
  turn.raise({ type: 'RECONCILED' });
}

function begin(turn: MemberTurn): void {
  const { target } = turn.state.consumerProtocol;
  if (target === null) return;
  stopReading(turn, withoutPartitions(turn.state.assignment, target.partitions));
  const commitId = turn.config.isAutoCommit ? turn.sendCommit() : null;
  update(turn, { reconciliation: { target, commitId } });
  if (commitId === null) callListener(turn);
}

/** What is to go is not read any further, so that nothing moves between the commit and the callback. */
function stopReading(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  const going = new Set(partitions.map(printPartition));
  turn.set({
    givingUp: partitions,
    isFetching: false,
    buffer: turn.state.buffer.filter(({ partition }) => !going.has(printPartition(partition))),
  });
}

/** The commit before a reconciliation is over: a stale epoch is tried again with the new one. */
export function onReconciliationCommitted(turn: MemberTurn, errorCode: ErrorCode): void {
  const { reconciliation } = turn.state.consumerProtocol;
  if (reconciliation === null) return;
  const isWorthATry =
    RETRIABLE.includes(errorCode) ||
    (errorCode === 'STALE_MEMBER_EPOCH' && turn.state.generationId !== null);
  if (isWorthATry) turn.startTimer('retry', turn.config.retryBackoffMs);
  else update(turn, { reconciliation: { ...reconciliation, commitId: null } });
}

/** The listener hears of what goes; it may commit. */
function callListener(turn: MemberTurn): void {
  const { givingUp } = turn.state;
  if (givingUp.length === 0) {
    takeAssignment(turn);
    return;
  }
  turn.note({ kind: 'callbackEntered', callback: 'revoked', partitions: givingUp });
  const correlationId = turn.config.commitInRevoked ? turn.sendCommit() : null;
  if (correlationId === null) onRevokedDone(turn);
  else turn.set({ application: { doing: 'callback', correlationId } });
}

/** The revoked callback has returned. */
export function onRevokedDone(turn: MemberTurn): void {
  turn.note({ kind: 'callbackLeft', callback: 'revoked' });
  turn.set({ application: { doing: 'polling' } });
  if (turn.membershipState === 'reconciling') takeAssignment(turn);
}

/** The new assignment holds, and the listener hears of what came: also of nothing. */
function takeAssignment(turn: MemberTurn): void {
  const { reconciliation } = turn.state.consumerProtocol;
  if (reconciliation === null) return;
  const { target } = reconciliation;
  const added = withoutPartitions(target.partitions, turn.state.assignment);
  turn.assign(target.partitions);
  turn.set({ givingUp: [] });
  turn.note({ kind: 'callbackEntered', callback: 'assigned', partitions: added });
  turn.note({ kind: 'callbackLeft', callback: 'assigned' });
  update(turn, { reconciled: target, reconciliation: null });
  restartAutoCommit(turn);
  turn.raise({ type: 'RECONCILED' });
}

export function restartAutoCommit(turn: MemberTurn): void {
  turn.set({ isCommitDue: false });
  turn.startAutoCommits();
}

/** The group has gone on without it: commits carry no epoch now, and no heartbeat is sent. */
export function beginRelease(turn: MemberTurn): void {
  if (turn.membershipState === 'fenced') setEpoch(turn, 0);
  update(turn, { reconciliation: null });
  turn.stopTimer('heartbeat');
  if (turn.state.assignment.length > 0 || turn.membershipState === 'stale') return;
  // With nothing to lose there is nobody to wait for.
  rejoin(turn);
}

/** In poll(): the listener hears of what is lost, and the member joins again. */
export function release(turn: MemberTurn): void {
  loseAll(turn);
  rejoin(turn);
}

function rejoin(turn: MemberTurn): void {
  update(turn, { target: null, reconciled: null, isPollExpired: false });
  setEpoch(turn, 0);
  turn.raise({ type: 'RELEASED' });
}

/** The lost callback, if there is anything to lose. */
export function loseAll(turn: MemberTurn): void {
  giveUpAll(turn, 'lost');
}

export function giveUpAll(turn: MemberTurn, callback: 'revoked' | 'lost'): void {
  const { assignment: partitions } = turn.state;
  turn.set({ givingUp: [] });
  if (partitions.length === 0) return;
  turn.note({ kind: 'callbackEntered', callback, partitions });
  turn.note({ kind: 'callbackLeft', callback });
  turn.assign([]);
}
