import type { LeaveGroupRequest } from '../protocol/messages.ts';
import type { MemberTurn } from './member.ts';
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
    // What an unsubscribe() has begun ends with it.
    closingFrom: turn.state.closingFrom ?? from,
    waiting: [],
  });
  stopClocks(turn);
  const isCommitting = turn.config.isAutoCommit && turn.state.isCoordinatorKnown;
  const tellsFirst = turn.config.profile.lastCommit === 'afterRevoked';
  // The listener's own commit is the last one then.
  if (tellsFirst && tellOfEnd(turn, from) !== null) return;
  const mayCommit = isCommitting && !tellsFirst && !REBALANCING.includes(from);
  const commitId = mayCommit ? turn.sendCommit() : isFailure ? null : commitAfterCallback(turn);
  if (tellsFirst) turn.assign([]);
  if (commitId === null) turn.raise({ type: 'COMMIT_SETTLED', owes: null });
  else waitToClose(turn, commitId, false);
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
  if (application.doing === 'closing' && application.isInListener) {
    turn.note({ kind: 'callbackLeft', callback: 'revoked' });
  } else if (tellOfEnd(turn, from) !== null) return;
  turn.assign([]);
  const request = leaveRequest(turn, from, 'the consumer is being closed');
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
  const { hasListener, errors, choosesCallback } = config.profile;
  const isUnheard =
    errors === 'reported' && application.doing === 'closing' && application.isFailure;
  if (!hasListener || isUnheard || !hasSomethingToLose(turn)) return null;
  const isMember = generationId !== null && memberId !== null;
  const isOwn = isMember && (choosesCallback === 'whenTold' || !REBALANCING.includes(from));
  const callback = isOwn || turn.state.isRevokedOwed ? 'revoked' : 'lost';
  turn.note({ kind: 'callbackEntered', callback, partitions: assignment });
  turn.set({ isAssigned: false });
  const isCommitting = callback === 'revoked' && config.commitInRevoked;
  const correlationId = isCommitting ? turn.sendCommit() : null;
  if (correlationId === null) turn.note({ kind: 'callbackLeft', callback });
  else if (application.doing === 'closing') waitToClose(turn, correlationId, true);
  return correlationId;
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
