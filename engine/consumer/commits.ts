import { unreachable } from '../assert.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import { UNAVAILABLE, findCoordinator, onCoordinatorUnavailable } from './find-coordinator.ts';
import { EVICTIONS, rejoinElsewhere } from './heartbeats.ts';
import { seekToClose } from './leaving.ts';
import { endCallback, onEvicted, onToldToRejoin, owedCallback } from './membership.ts';
import { errorFor } from './thrown.ts';
import type { MemberTurn, SentRequest } from './member.ts';
import { commitBy, reportRefusal, settleAsync, throwWakeup } from './own-commits.ts';
import { workOn } from './working.ts';

/**
 * With auto commit, the rejoin waits for a last one; some clients make it after the revoked call.
 *
 * Source: ConsumerCoordinator#onJoinPrepare.
 */
export function commitBeforeRejoin(turn: MemberTurn): void {
  const { isAutoCommit, profile } = turn.config;
  const isNow = isAutoCommit && profile.lastCommit === 'beforeRevoked';
  if (!isNow || turn.sendCommit() === null) settleCommit(turn);
}

/** The commit before a rejoin is over, whatever came of it. */
function settleCommit(turn: MemberTurn): void {
  turn.raise({ type: 'COMMIT_SETTLED', owes: owedCallback(turn) });
}

/**
 * The auto commit timer has run out. The commit is made by the next poll(), from which the timer
 * starts anew; or by a thread beside it, but not in a rebalance.
 *
 * Source: ConsumerCoordinator#maybeAutoCommitOffsetsAsync; rdkafka_cgrp.c,
 * rd_kafka_cgrp_offset_commit_tmr_cb.
 */
export function onAutoCommitDue(turn: MemberTurn): void {
  if (turn.config.profile.autoCommitsFrom === 'poll') {
    turn.set({ isCommitDue: true });
    return;
  }
  turn.startAutoCommits();
  if (turn.membershipState === 'stable' && turn.state.isCoordinatorKnown) turn.sendCommit();
}

/**
 * commitSync() of the application. It is refused without a request when the member is in no
 * generation, or in the middle of a rebalance. librdkafka says so when there is nothing to commit, or it is
 * fenced.
 *
 * Source: ConsumerCoordinator#sendOffsetCommitRequest, #commitOffsetsSync; rdkafka_cgrp.c,
 * rd_kafka_cgrp_offsets_commit.
 */
export function commitSync(turn: MemberTurn): void {
  if (turn.membershipState === 'fatal') {
    const message = 'Commit failed: Local: Fatal error';
    turn.note({ kind: 'memberError', exception: '_FATAL', message });
    return;
  }
  if (turn.ownOffsets().length === 0) {
    if (turn.config.profile.errors === 'thrown') return;
    const message = 'Commit failed: Local: No offset stored';
    turn.note({ kind: 'memberError', exception: '_NO_OFFSET', message });
    return;
  }
  commitBy(turn, 'sync', turn.ownOffsets(), []);
}

/**
 * A commit is answered.
 *
 * Source: ConsumerCoordinator.OffsetCommitResponseHandler.
 */
export function onOffsetCommitResponse(
  turn: MemberTurn,
  sent: SentRequest,
  correlationId: number,
  errorCode: ErrorCode,
): void {
  const { application } = turn.state;
  if (errorCode !== 'NONE' && sent.request.type === 'OffsetCommitRequest') {
    turn.forgetCommit(sent.request.offsets);
  }
  if (UNAVAILABLE.includes(errorCode)) onCoordinatorUnavailable(turn);
  rejoinElsewhere(turn, errorCode);
  if (UNAVAILABLE.includes(errorCode) || errorCode === 'COORDINATOR_LOAD_IN_PROGRESS') {
    onCommitUnavailable(turn, correlationId);
    return;
  }
  settleAsync(turn, correlationId, errorCode);
  if (EVICTIONS.includes(errorCode)) onCommitOfStranger(turn, sent, correlationId, errorCode);
  else if (errorCode === 'REBALANCE_IN_PROGRESS' && turn.config.profile.rejoinsOnCommit) {
    onToldToRejoin(turn, 'offset commit failed since group is already rebalancing');
  }
  if (application.doing === 'closing') {
    if (application.commitId !== correlationId) return;
    if (application.isInListener) reportRefusal(turn, errorCode);
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
    workOn(turn, application.rest);
  }
  if (turn.membershipState === 'committing' && !turn.isAsking('OffsetCommitRequest')) {
    settleCommit(turn);
  }
}

/**
 * The coordinator does not take the member for one of the group, or not of this generation. Of an
 * earlier generation that is no news.
 */
function onCommitOfStranger(
  turn: MemberTurn,
  sent: SentRequest,
  correlationId: number,
  errorCode: ErrorCode,
): void {
  const { generationId, memberId, application, config } = turn.state;
  if (sent.generationId !== generationId || memberId === null) return;
  if (errorCode !== 'FENCED_INSTANCE_ID' || !config.profile.staysWhenCommitIsFenced) {
    onEvicted(turn, errorCode, 'OFFSET_COMMIT');
    return;
  }
  const isWaitedFor = 'correlationId' in application && application.correlationId === correlationId;
  turn.set({ failure: errorFor(turn, errorCode), isCommitFenced: !isWaitedFor });
}

/**
 * A commit did not reach a coordinator that could take it: what waits for it tries again when the
 * coordinator is found; close() does without; the auto commit waits for its turn.
 */
export function onCommitUnavailable(turn: MemberTurn, correlationId: number): void {
  if (settleAsync(turn, correlationId, 'retriable')) return;
  const { application, isCoordinatorKnown, config } = turn.state;
  if (application.doing === 'closing') {
    if (application.commitId === correlationId) seekToClose(turn);
    return;
  }
  const isWaitedFor = 'correlationId' in application && application.correlationId === correlationId;
  if (!isWaitedFor && turn.membershipState !== 'committing') {
    if (config.autoCommitIntervalMs !== null) turn.startTimer('autoCommit', config.retryBackoffMs);
    return;
  }
  if (isCoordinatorKnown) turn.startTimer('retry', config.retryBackoffMs);
  else findCoordinator(turn);
}

/** Somebody waits for a commit that is not under way. */
export function isCommitWaiting(turn: MemberTurn): boolean {
  const { application } = turn.state;
  const isWaited = 'correlationId' in application || turn.membershipState === 'committing';
  return isWaited && !turn.isAsking('OffsetCommitRequest');
}

function sendAgain(turn: MemberTurn): number | null {
  const { application } = turn.state;
  if (application.doing === 'commitSync' && application.offsets !== undefined) {
    return turn.sendOffsets(application.offsets);
  }
  return 'correlationId' in application ? turn.sendOwnCommit() : turn.sendCommit();
}

/** The coordinator is there again: the commit that somebody waits for is sent once more. */
export function commitAgain(turn: MemberTurn): void {
  if (!isCommitWaiting(turn)) return;
  const { application } = turn.state;
  const correlationId = sendAgain(turn);
  if (!('correlationId' in application)) {
    if (correlationId === null) settleCommit(turn);
  } else if (correlationId !== null) turn.set({ application: { ...application, correlationId } });
  else if (application.doing === 'callback') endCallback(turn, 'revoked');
  else {
    reportRefusal(turn, 'UNKNOWN_MEMBER_ID');
    workOn(turn, application.rest);
  }
}

/**
 * wakeup(), from another thread: the call that the application waits in throws, or else the next one
 * that waits. A commit that is under way stays so, and so does a join. close() does not wake up.
 *
 * Source: ConsumerNetworkClient#wakeup, #maybeTriggerWakeup, #disableWakeups.
 */
export function wakeUp(turn: MemberTurn): void {
  const { application } = turn.state;
  switch (application.doing) {
    case 'polling':
      throwWakeup(turn);
      return;
    case 'commitSync':
      throwWakeup(turn);
      workOn(turn, application.rest);
      return;
    case 'callback':
      throwWakeup(turn);
      endCallback(turn, 'revoked');
      return;
    case 'working':
    case 'idling':
      turn.set({ isWokenUp: true });
      return;
    case 'closing':
    case 'nothing':
      return;
    default:
      unreachable(application, 'wakeUp');
  }
}
