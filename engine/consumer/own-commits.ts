import type { ErrorCode } from '../protocol/error-codes.ts';
import type { OffsetSpan } from '../protocol/facts.ts';
import type { PartitionOffset } from '../protocol/partitions.ts';
import type { CommitPolicy } from '../scenarios/scenario.ts';
import { findCoordinator } from './find-coordinator.ts';
import type { MemberTurn, Thrown } from './member.ts';
import { errorFor } from './thrown.ts';

const COMMIT_FAILED =
  'Offset commit cannot be completed since the consumer is not part of an active group for auto partition assignment; it is likely that the consumer was kicked out of the group.';

/**
 * Why a commit is refused without a request, by the error code that says as much; null when it is not.
 *
 * Source: ConsumerCoordinator#sendOffsetCommitRequest.
 */
export function refusalNow({ membershipState, state }: MemberTurn): ErrorCode | null {
  if (['joining', 'syncing', 'retrying'].includes(membershipState)) return 'REBALANCE_IN_PROGRESS';
  return state.memberId === null || state.generationId === null ? 'UNKNOWN_MEMBER_ID' : null;
}

/** Java has one exception for all refusals but that of a rebalance. */
export function refusalFor(turn: MemberTurn, errorCode: ErrorCode): Thrown {
  const { exception: name } = errorFor(turn, errorCode);
  const isRebalance = errorCode === 'REBALANCE_IN_PROGRESS';
  const isCommitFailed = turn.config.profile.errors === 'thrown' && !isRebalance;
  return {
    exception: isCommitFailed ? 'CommitFailedException' : name,
    message: isRebalance ? 'A rebalance is under way.' : COMMIT_FAILED,
    isFatal: false,
  };
}

export function reportRefusal(turn: MemberTurn, errorCode: ErrorCode): void {
  if (errorCode === 'NONE') return;
  const { exception, message } = refusalFor(turn, errorCode);
  turn.note({ kind: 'memberError', exception, message });
}

/**
 * A commit that the application makes by itself, of these offsets.
 *
 * @param rest the records that it goes on with after a commitSync().
 * @returns whether it waits for the answer.
 */
export function commitBy(
  turn: MemberTurn,
  how: CommitPolicy['how'],
  offsets: readonly PartitionOffset[],
  rest: readonly OffsetSpan[],
): boolean {
  if (offsets.length === 0) return false;
  if (how === 'async') {
    commitAsync(turn, offsets);
    return false;
  }
  const refusal = refusalNow(turn);
  if (refusal !== null) reportRefusal(turn, refusal);
  const correlationId = refusal === null ? turn.sendOffsets(offsets) : null;
  if (correlationId === null) return false;
  if (turn.state.isWokenUp) {
    throwWakeup(turn);
    return false;
  }
  turn.set({ application: { doing: 'commitSync', correlationId, offsets, rest } });
  return true;
}

/**
 * commitAsync(): what comes of it is told to its callback, in a later poll(). It is not tried again.
 *
 * Source: ConsumerCoordinator#commitOffsetsAsync, #doCommitOffsetsAsync.
 */
function commitAsync(turn: MemberTurn, offsets: readonly PartitionOffset[]): void {
  const refusal = refusalNow(turn);
  if (!turn.state.isCoordinatorKnown) {
    turn.set({ pendingAsync: offsets });
    findCoordinator(turn);
  } else if (refusal !== null) oweError(turn, refusalFor(turn, refusal));
  else {
    const correlationId = turn.sendOffsets(offsets);
    if (correlationId === null) return;
    turn.set({ asyncCommits: new Set(turn.state.asyncCommits).add(correlationId) });
  }
}

/** The coordinator is found: what commitAsync() has put off is sent. */
export function sendPendingAsync(turn: MemberTurn): void {
  const { pendingAsync } = turn.state;
  if (pendingAsync.length === 0) return;
  turn.set({ pendingAsync: [] });
  commitAsync(turn, pendingAsync);
}

/** The coordinator was looked for in vain. */
export function refusePendingAsync(turn: MemberTurn): void {
  if (turn.state.pendingAsync.length === 0) return;
  turn.set({ pendingAsync: [] });
  oweError(turn, RETRIABLE);
}

/** Source: RetriableCommitFailedException. */
const RETRIABLE: Thrown = {
  exception: 'RetriableCommitFailedException',
  message:
    'Offset commit failed with a retriable exception. You should retry committing the latest consumed offsets.',
  isFatal: false,
};

/** A commit is answered; says whether it was a commitAsync(), for whose callback that is noted. */
export function settleAsync(
  turn: MemberTurn,
  correlationId: number,
  errorCode: ErrorCode | 'retriable',
): boolean {
  if (!turn.state.asyncCommits.has(correlationId)) return false;
  const asyncCommits = new Set(turn.state.asyncCommits);
  asyncCommits.delete(correlationId);
  turn.set({ asyncCommits });
  if (errorCode === 'retriable') oweError(turn, RETRIABLE);
  else if (errorCode !== 'NONE' && errorCode !== 'FENCED_INSTANCE_ID') {
    oweError(turn, refusalFor(turn, errorCode));
  }
  return true;
}

const oweError = (turn: MemberTurn, error: Thrown): void => {
  turn.set({ asyncErrors: [...turn.state.asyncErrors, error] });
};

/** poll() runs the callbacks of commits that were answered meanwhile. */
export function callAsyncCallbacks(turn: MemberTurn): void {
  const { asyncErrors } = turn.state;
  if (asyncErrors.length === 0) return;
  turn.set({ asyncErrors: [] });
  for (const { exception, message } of asyncErrors) {
    turn.note({ kind: 'memberError', exception, message });
  }
}

/** The application catches it, and goes on. Source: ConsumerNetworkClient#maybeTriggerWakeup. */
export function throwWakeup(turn: MemberTurn): void {
  turn.set({ isWokenUp: false });
  turn.note({
    kind: 'memberError',
    exception: 'WakeupException',
    message: 'wakeup() was called; the application catches it and goes on.',
  });
}
