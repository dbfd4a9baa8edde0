import type { OffsetCommitResponse } from '../../protocol/messages.ts';
import { findCoordinator, onCoordinatorUnavailable, UNAVAILABLE } from '../find-coordinator.ts';
import { reportRefusal } from '../own-commits.ts';
import type { MemberTurn } from '../member.ts';
import { RETRIABLE, update } from './heartbeats.ts';
import { onReleased } from './leaving.ts';
import { onReconciliationCommitted, onRevokedDone } from './reconciliation.ts';

/** commitSync(). Source: CommitRequestManager#commitSync: membership is the coordinator's to judge. */
export function commitSync(turn: MemberTurn): void {
  const correlationId = turn.sendCommit();
  if (correlationId !== null) turn.set({ application: { doing: 'commitSync', correlationId } });
}

/**
 * A commit is answered. Whatever the answer, membership stays as it is.
 *
 * Source: CommitRequestManager.OffsetCommitRequestState#onResponse.
 */
export function onOffsetCommitResponse(
  turn: MemberTurn,
  correlationId: number,
  { errorCode }: Pick<OffsetCommitResponse, 'errorCode'>,
): void {
  const { application, consumerProtocol } = turn.state;
  if (UNAVAILABLE.includes(errorCode)) onCoordinatorUnavailable(turn);
  if (application.doing === 'closing') {
    if (application.commitId !== correlationId) return;
    if (application.isInListener) reportRefusal(turn, errorCode);
    turn.raise({ type: 'COMMIT_SETTLED' });
    return;
  }
  if (consumerProtocol.reconciliation?.commitId === correlationId) {
    onReconciliationCommitted(turn, errorCode);
    return;
  }
  const isWaitedFor = 'correlationId' in application && application.correlationId === correlationId;
  if (RETRIABLE.includes(errorCode)) {
    retryLater(turn, isWaitedFor);
    return;
  }
  if (!isWaitedFor) return;
  reportRefusal(turn, errorCode);
  if (application.doing === 'callback') onListenerDone(turn);
  else turn.set({ application: { doing: 'polling' } });
}

/** The revoked callback returns: of a reconciliation, or of unsubscribe(). */
function onListenerDone(turn: MemberTurn): void {
  if (turn.membershipState === 'prepareLeaving') onReleased(turn);
  else onRevokedDone(turn);
}

/** Who waits for a commit tries again when the coordinator is there; the auto commit a little later. */
function retryLater(turn: MemberTurn, isWaitedFor: boolean): void {
  const { isAutoCommit, retryBackoffMs } = turn.config;
  if (isWaitedFor) turn.startTimer('retry', retryBackoffMs);
  else if (isAutoCommit) turn.startTimer('autoCommit', retryBackoffMs);
}

/** Sends the commits once more that somebody waits for and that are not under way. */
export function commitAgain(turn: MemberTurn): void {
  const { application, consumerProtocol, isCoordinatorKnown } = turn.state;
  const { reconciliation } = consumerProtocol;
  const awaited = 'correlationId' in application ? application.correlationId : null;
  const waiting = [awaited, reconciliation?.commitId ?? null].filter(
    (id) => id !== null && !turn.state.requests.has(id),
  );
  if (waiting.length === 0) return;
  if (!isCoordinatorKnown) {
    findCoordinator(turn);
    return;
  }
  const correlationId = turn.sendCommit();
  if (reconciliation !== null && waiting.includes(reconciliation.commitId)) {
    update(turn, { reconciliation: { ...reconciliation, commitId: correlationId } });
  }
  if (!('correlationId' in application) || !waiting.includes(application.correlationId)) return;
  if (correlationId !== null) turn.set({ application: { ...application, correlationId } });
  else if (application.doing === 'callback') onListenerDone(turn);
  else turn.set({ application: { doing: 'polling' } });
}
