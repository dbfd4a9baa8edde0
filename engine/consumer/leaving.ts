import type { LeaveGroupRequest } from '../protocol/messages.ts';
import type { MemberTurn } from './member.ts';
import type { MembershipState } from './step-machine.ts';

/** States in which a rebalance is under way, so that nobody knows any more what is its own. */
const REBALANCING: readonly MembershipState[] = ['joining', 'syncing', 'retrying'];
/** States in which the group has no such member, or the member thinks so. */
const NOT_IN_GROUP: readonly MembershipState[] = ['starting', 'unjoined', 'lost', 'unsubscribed'];

/**
 * close(): commits, calls the listener, leaves the group, ends.
 *
 * Source: ClassicKafkaConsumer#close, ConsumerCoordinator#close, #onLeavePrepare.
 */
export function beginClose(turn: MemberTurn, from: MembershipState, isFailure: boolean): void {
  turn.set({
    application: { doing: 'closing', isFailure },
    closingFrom: from,
    waiting: [],
  });
  stopClocks(turn);
  const isCommitting = turn.config.isAutoCommit && turn.state.isCoordinatorKnown;
  if (!isCommitting || REBALANCING.includes(from) || turn.sendCommit() === null) {
    turn.raise({ type: 'COMMIT_SETTLED', owes: null });
  }
}

function stopClocks(turn: MemberTurn): void {
  turn.stopTimer('heartbeat');
  turn.stopTimer('poll');
  turn.stopTimer('autoCommit');
  turn.stopTimer('retry');
}

/** The second half of close(), after the last commit. */
export function leaveGroup(turn: MemberTurn): void {
  const from = turn.state.closingFrom ?? 'unjoined';
  giveUpAll(turn, from);
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
 * unsubscribe(): the listener hears of it, and nobody waits for the answer to LeaveGroup. Nothing is
 * committed.
 *
 * Source: ClassicKafkaConsumer#unsubscribe, AbstractCoordinator#maybeLeaveGroup.
 */
export function leaveAtOnce(turn: MemberTurn, from: MembershipState): void {
  stopClocks(turn);
  giveUpAll(turn, from);
  const request = leaveRequest(turn, from, 'the consumer unsubscribed from all topics');
  if (request !== null) turn.request(request);
  turn.identify(null, null);
  turn.set({
    application: { doing: 'idling' },
    subscription: [],
    joinedTopics: null,
    isLeader: false,
    assignedBy: null,
    isPrepared: false,
    isBackingOff: false,
    isCommitDue: false,
  });
}

/** The listener hears of all that the member holds: as lost when it may be somebody else's already. */
function giveUpAll(turn: MemberTurn, from: MembershipState): void {
  const { assignment, generationId, memberId, config } = turn.state;
  if (assignment.length === 0) return;
  if (config.profile.hasListener) {
    const isOwn = generationId !== null && memberId !== null && !REBALANCING.includes(from);
    const callback = isOwn ? 'revoked' : 'lost';
    turn.note({ kind: 'callbackEntered', callback, partitions: assignment });
    turn.note({ kind: 'callbackLeft', callback });
  }
  turn.assign([]);
}

/** Null when there is nobody to tell, or nothing to say: static members never leave by themselves. */
export function leaveRequest(
  turn: MemberTurn,
  from: MembershipState,
  reason: string,
): LeaveGroupRequest | null {
  const { memberId, isCoordinatorKnown, config } = turn.state;
  const isMember = memberId !== null && !NOT_IN_GROUP.includes(from);
  if (!isMember || !isCoordinatorKnown || config.groupInstanceId !== null) return null;
  return {
    type: 'LeaveGroupRequest',
    groupId: config.groupId,
    members: [{ memberId, groupInstanceId: null, reason }],
  };
}
