import type { LeaveGroupRequest } from '../protocol/messages.ts';
import { backOff, findCoordinator } from './find-coordinator.ts';
import { leaveCall, takeThrow, workInRevoked } from './listener.ts';
import type { MemberTurn } from './member.ts';
import { refusalNow, reportRefusal } from './own-commits.ts';
import { report } from './thrown.ts';
import type { MembershipState } from './step-machine.ts';

/** States in which a rebalance is under way, so that nobody knows any more what is its own. */
const REBALANCING: readonly MembershipState[] = ['joining', 'syncing', 'retrying'];
/** States in which the group has no such member, or the member thinks so. */
const NOT_IN_GROUP: readonly MembershipState[] = ['starting', 'unjoined', 'lost', 'unsubscribed'];

/**
 * close(): commits, calls the listener, leaves the group, ends; some clients call the listener first.
 *
 * Source: ClassicKafkaConsumer#close, ConsumerCoordinator#close, #onLeavePrepare; rdkafka_cgrp.c,
 * rd_kafka_cgrp_terminate0.
 */
export function beginClose(turn: MemberTurn, from: MembershipState, isFailure: boolean): void {
  turn.set({
    application: { doing: 'closing', isFailure, isInListener: false, commitId: null },
    closingSinceMs: turn.nowMs,
    isSeekingToClose: false,
    // What an unsubscribe() has begun ends with it.
    closingFrom: turn.state.closingFrom ?? from,
    waiting: [],
  });
  stopClocks(turn);
  const tellsFirst = turn.config.profile.lastCommit === 'afterRevoked';
  // The listener's own commit is the last one then.
  if (tellsFirst && tellOfEnd(turn, from) !== null) return;
  const isSeeking = !turn.state.isCoordinatorKnown && turn.committable().length > 0;
  if (isSeeking && maySeekToClose(turn)) seekToClose(turn);
  else commitToClose(turn);
}

const maySeekToClose = ({ config }: MemberTurn): boolean =>
  config.profile.findsCoordinatorToClose && config.isAutoCommit;

/** Source: ClassicKafkaConsumer, DEFAULT_CLOSE_TIMEOUT_MS; request.timeout.ms cuts it short. */
const CLOSE_TIMEOUT_MS = 30_000;

/** The last commit; refused at once in a rebalance, or outside any generation. */
function commitToClose(turn: MemberTurn): void {
  const { isCoordinatorKnown, isCommitFenced, closingFrom, config, application } = turn.state;
  const isSettled = closingFrom !== null && !REBALANCING.includes(closingFrom);
  const tellsFirst = config.profile.lastCommit === 'afterRevoked';
  const mayCommit =
    config.isAutoCommit && isCoordinatorKnown && isSettled && !isCommitFenced && !tellsFirst;
  const isFailure = application.doing === 'closing' && application.isFailure;
  const commitId = mayCommit ? turn.sendCommit() : isFailure ? null : commitAfterCallback(turn);
  if (tellsFirst) turn.assign([]);
  if (commitId === null) turn.raise({ type: 'COMMIT_SETTLED', owes: null });
  else waitToClose(turn, commitId, false);
}

/**
 * The last commit has no coordinator to go to: Java's client looks for it as long as close() may
 * take; the others do without the commit.
 *
 * Source: ConsumerCoordinator#close, #commitOffsetsSync.
 */
export function seekToClose(turn: MemberTurn): void {
  const { application, closingSinceMs, config } = turn.state;
  if (application.doing !== 'closing') return;
  if (!maySeekToClose(turn) || application.isInListener) {
    turn.raise({ type: 'COMMIT_SETTLED', owes: null });
    return;
  }
  const { requestTimeoutMs } = config;
  const endsAtMs =
    closingSinceMs + Math.min(CLOSE_TIMEOUT_MS, requestTimeoutMs ?? CLOSE_TIMEOUT_MS);
  turn.set({ application: { ...application, commitId: null }, isSeekingToClose: true });
  turn.startTimer('close', Math.max(0, endsAtMs - turn.nowMs));
  if (turn.state.isCoordinatorKnown) backOff(turn);
  else findCoordinator(turn);
}

/** The coordinator is found, or a back-off is over: a close() that has waited for it goes on. */
export function resumeClose(turn: MemberTurn): void {
  const { application, isCoordinatorKnown, isSeekingToClose } = turn.state;
  if (application.doing !== 'closing' || !isSeekingToClose) return;
  if (!isCoordinatorKnown) {
    findCoordinator(turn);
    return;
  }
  turn.set({ isSeekingToClose: false });
  commitToClose(turn);
}

/** close() goes on when this commit is answered. */
export function waitToClose(turn: MemberTurn, commitId: number, isInListener: boolean): void {
  const { application } = turn.state;
  if (application.doing !== 'closing') return;
  turn.set({ application: { ...application, commitId, isInListener } });
}

function stopClocks(turn: MemberTurn): void {
  turn.stopTimer('heartbeat');
  turn.stopTimer('ownSession');
  turn.stopTimer('poll');
  turn.stopTimer('autoCommit');
  turn.stopTimer('retry');
}

/** The second half of close(), after the last commit. */
export function leaveGroup(turn: MemberTurn): void {
  const { application } = turn.state;
  const from = turn.state.closingFrom ?? 'unjoined';
  turn.stopTimer('close');
  if (application.doing === 'closing' && application.isInListener) {
    leaveCall(turn, 'revoked');
  } else if (tellOfEnd(turn, from) !== null) return;
  turn.assign([]);
  // Source: AbstractCoordinator#close, which does not come to LeaveGroup after an exception.
  if (takeThrow(turn)) {
    const message = 'Failed to close kafka consumer';
    turn.note({ kind: 'memberError', exception: 'KafkaException', message });
    turn.raise({ type: 'LEFT', isFailure: true });
    return;
  }
  const reason = 'the consumer is being closed';
  const { closeOperation: operation } = turn.state;
  const request =
    operation === 'REMAIN_IN_GROUP'
      ? null
      : leaveRequest(turn, from, reason, operation === 'LEAVE_GROUP');
  if (request === null) finishClosing(turn);
  else turn.request(request);
}

/** The last step of close(). */
export function finishClosing(turn: MemberTurn): void {
  const { application } = turn.state;
  turn.raise({ type: 'LEFT', isFailure: application.doing === 'closing' && application.isFailure });
}

/**
 * unsubscribe(): heartbeats end. Some clients call the listener at once, others in the next poll(),
 * however long that takes.
 *
 * Source: ClassicKafkaConsumer#unsubscribe; rdkafka_cgrp.c, rd_kafka_cgrp_unsubscribe.
 */
export function beginUnsubscribe(turn: MemberTurn, from: MembershipState): void {
  stopClocks(turn);
  turn.set({ application: { doing: 'idling' }, closingFrom: from, subscription: [] });
  const isServedLater = turn.config.profile.unsubscribesIn === 'poll' && hasSomethingToLose(turn);
  if (!isServedLater) serveUnsubscribe(turn);
}

/** The listener hears of what an unsubscribe() has given up, if it has not yet. */
export function serveUnsubscribe(turn: MemberTurn): void {
  const { closingFrom } = turn.state;
  if (closingFrom === null) return;
  const correlationId = tellOfEnd(turn, closingFrom);
  if (correlationId === null) endUnsubscribe(turn);
  else turn.set({ application: { doing: 'callback', correlationId } });
}

/**
 * The second half of unsubscribe(), after the listener has returned; nobody waits for the answer to
 * LeaveGroup. Java commits nothing.
 *
 * Source: AbstractCoordinator#maybeLeaveGroup; rdkafka_cgrp.c, rd_kafka_cgrp_leave_maybe.
 */
export function endUnsubscribe(turn: MemberTurn): void {
  const { profile } = turn.config;
  const from = turn.state.closingFrom ?? 'unjoined';
  const isPolling = turn.membershipState !== 'unsubscribed';
  commitAfterCallback(turn);
  turn.assign([]);
  // It is not unsubscribed then; its application ends, whatever it does after other exceptions.
  if (takeThrow(turn)) {
    report(turn, {
      exception: 'KafkaException',
      message: 'User rebalance callback throws an error',
      isFatal: true,
    });
    return;
  }
  const isForGood = profile.unsubscribesIn === 'poll';
  if (!isPolling || !staysForNextTopics(turn)) {
    const reason = 'the consumer unsubscribed from all topics';
    const request = leaveRequest(turn, from, reason, isForGood);
    if (request !== null) turn.request(request);
    turn.identify(null, null);
  }
  turn.set({
    application: { doing: isPolling ? 'polling' : 'idling' },
    closingFrom: null,
    joinedTopics: null,
    joinReason: 'consumer pro-actively leaving the group',
    isLeader: false,
    assignedBy: null,
    isPrepared: false,
    isBackingOff: false,
    isCommitDue: false,
    mayJoinAtMs: turn.nowMs,
  });
}

/**
 * A cooperative member of librdkafka that has new topics by the time its unsubscribe() is served does
 * not leave: it rejoins with the id it has.
 *
 * Source: rdkafka_cgrp.c, rd_kafka_cgrp_incr_unassign_done, rd_kafka_cgrp_rejoin, version 2.15.
 */
function staysForNextTopics({ config }: MemberTurn): boolean {
  return config.profile.unsubscribesIn === 'poll' && config.rebalanceProtocol === 'cooperative';
}

/**
 * The commit that some clients make of what they give up, after the listener call; of what is lost
 * they make none.
 *
 * Source: librdkafka 2.16.0, whose log says "not committing assigned offsets: assignment lost".
 *
 * @returns the number by which its answer will be known; null without one.
 */
export function commitAfterCallback(
  turn: MemberTurn,
  partitions = turn.state.assignment,
): number | null {
  const { isAutoCommit, profile } = turn.config;
  const { memberId, generationId, isRevokedOwed, isCoordinatorKnown } = turn.state;
  const isLost = (memberId === null || generationId === null) && !isRevokedOwed;
  const isMade = isAutoCommit && profile.lastCommit === 'afterRevoked' && !isLost;
  turn.set({ isRevokedOwed: false });
  return isMade && isCoordinatorKnown ? turn.sendPartingCommit(partitions) : null;
}

/**
 * The listener hears of all that the member holds: as lost when it may be somebody else's already. A
 * client that goes by what it has been told does not think so in a rebalance.
 *
 * @returns the number of the commit that the listener waits for; null when it has returned.
 */
function tellOfEnd(turn: MemberTurn, from: MembershipState): number | null {
  const { application, assignment, generationId, memberId, config } = turn.state;
  const { hasListener, choosesCallback } = config.profile;
  if (!hasListener || !hasSomethingToLose(turn)) return null;
  const isMember = generationId !== null && memberId !== null;
  const isOwn = isMember && (choosesCallback === 'whenTold' || !REBALANCING.includes(from));
  const callback = isOwn || turn.state.isRevokedOwed ? 'revoked' : 'lost';
  turn.note({ kind: 'callbackEntered', callback, partitions: assignment });
  turn.set({ isAssigned: false });
  if (callback === 'lost') commitInLost(turn);
  const correlationId = callback === 'revoked' ? workInRevoked(turn, assignment) : null;
  if (correlationId === null) leaveCall(turn, callback);
  else if (application.doing === 'closing') waitToClose(turn, correlationId, true);
  return correlationId;
}

/**
 * Kafka's onPartitionsLost calls onPartitionsRevoked, whose commit is refused then.
 *
 * Source: ConsumerRebalanceListener#onPartitionsLost.
 */
export function commitInLost(turn: MemberTurn): void {
  const { lostCallsRevoked, commitInRevoked } = turn.config;
  if (!lostCallsRevoked || !commitInRevoked || turn.ownOffsets().length === 0) return;
  reportRefusal(turn, refusalNow(turn) ?? 'REBALANCE_IN_PROGRESS');
}

/** Whether a listener is to hear that all is gone; some clients count an empty assignment. */
export function hasSomethingToLose(turn: MemberTurn): boolean {
  const { config, assignment, isAssigned } = turn.state;
  const isEager = config.rebalanceProtocol === 'eager';
  return config.profile.tellsOfEmptyLoss && isEager ? isAssigned : assignment.length > 0;
}

/**
 * Null when there is nobody to tell, or nothing to say: static members do not leave, unless it is for
 * good.
 */
export function leaveRequest(
  turn: MemberTurn,
  from: MembershipState,
  reason: string,
  isForGood = false,
): LeaveGroupRequest | null {
  const { memberId, isCoordinatorKnown, config } = turn.state;
  const isMember = memberId !== null && !NOT_IN_GROUP.includes(from);
  const stays = config.groupInstanceId !== null && !isForGood;
  if (!isMember || !isCoordinatorKnown || stays) return null;
  return {
    type: 'LeaveGroupRequest',
    groupId: config.groupId,
    members: [
      { memberId, groupInstanceId: null, reason: config.profile.givesReasons ? reason : null },
    ],
  };
}
