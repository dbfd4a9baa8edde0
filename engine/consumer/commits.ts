import type { ErrorCode } from '../protocol/error-codes.ts';
import { endCallback, onEvicted, onToldToRejoin, owedCallback } from './membership.ts';
import type { MemberTurn } from './member.ts';

const COMMIT_FAILED =
  'Offset commit cannot be completed since the consumer is not part of an active group for auto partition assignment; it is likely that the consumer was kicked out of the group.';

/** Source: ConsumerCoordinator#onJoinPrepare: with auto commit, the rejoin waits for a last one. */
export function commitBeforeRejoin(turn: MemberTurn): void {
  const isSent = turn.config.isAutoCommit && turn.sendCommit() !== null;
  if (!isSent) settleCommit(turn);
}

/** The commit before a rejoin is over, whatever came of it. */
function settleCommit(turn: MemberTurn): void {
  turn.raise({ type: 'COMMIT_SETTLED', owes: owedCallback(turn) });
}

/** The auto commit timer has run out. It starts anew; the commit itself is made by poll(). */
export function onAutoCommitDue(turn: MemberTurn): void {
  const { autoCommitIntervalMs } = turn.config;
  if (autoCommitIntervalMs !== null) turn.startTimer('autoCommit', autoCommitIntervalMs);
  turn.set({ isCommitDue: true });
}

/**
 * commitSync() of the application. It is refused without a request when the member is in no
 * generation, or in the middle of a rebalance.
 *
 * Source: ConsumerCoordinator#sendOffsetCommitRequest, #commitOffsetsSync.
 */
export function commitSync(turn: MemberTurn): void {
  const { membershipState } = turn;
  if (turn.committable().length === 0) return;
  if (['joining', 'syncing', 'revoking', 'assigning'].includes(membershipState)) {
    const exception = 'RebalanceInProgressException';
    turn.note({ kind: 'memberError', exception, message: 'A rebalance is under way.' });
    return;
  }
  const correlationId = turn.sendCommit();
  if (correlationId === null) {
    turn.note({ kind: 'memberError', exception: 'CommitFailedException', message: COMMIT_FAILED });
  } else turn.set({ application: { doing: 'commitSync', correlationId } });
}

/**
 * A commit is answered.
 *
 * Source: ConsumerCoordinator.OffsetCommitResponseHandler.
 */
export function onOffsetCommitResponse(
  turn: MemberTurn,
  correlationId: number,
  errorCode: ErrorCode,
): void {
  const { application } = turn.state;
  if (errorCode === 'UNKNOWN_MEMBER_ID' || errorCode === 'ILLEGAL_GENERATION') {
    onEvicted(turn, errorCode, 'OFFSET_COMMIT');
  } else if (errorCode === 'REBALANCE_IN_PROGRESS') {
    onToldToRejoin(turn, 'group is already rebalancing');
  }
  if (application.doing === 'closing') {
    turn.raise({ type: 'COMMIT_SETTLED', owes: null });
    return;
  }
  const isWaitedFor = 'correlationId' in application && application.correlationId === correlationId;
  if (isWaitedFor && application.doing === 'callback') {
    reportRefusal(turn, errorCode);
    endCallback(turn, 'revoked');
    return;
  }
  if (isWaitedFor && application.doing === 'commitSync') {
    reportRefusal(turn, errorCode);
    turn.set({ application: { doing: 'polling' } });
  }
  if (turn.membershipState === 'committing' && !turn.isAsking('OffsetCommitRequest')) {
    settleCommit(turn);
  }
}

function reportRefusal(turn: MemberTurn, errorCode: ErrorCode): void {
  if (errorCode === 'NONE') return;
  const isRebalance = errorCode === 'REBALANCE_IN_PROGRESS';
  const exception = isRebalance ? 'RebalanceInProgressException' : 'CommitFailedException';
  turn.note({ kind: 'memberError', exception, message: COMMIT_FAILED });
}
