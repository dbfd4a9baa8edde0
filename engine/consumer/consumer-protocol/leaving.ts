import type { MemberTurn } from '../member.ts';
import type { MembershipState } from '../step-machine.ts';
import { waitToClose } from '../leaving.ts';
import { update } from './heartbeats.ts';
import { giveUpAll } from './reconciliation.ts';

/** States in which the coordinator does not know it. Source: AbstractMembershipManager#isNotInGroup. */
const NOT_IN_GROUP: readonly MembershipState[] = [
  'starting',
  'unsubscribed',
  'fenced',
  'stale',
  'fatal',
];

/** close(): commits first. Source: AsyncKafkaConsumer#close, #autoCommitOnClose. */
export function beginClose(turn: MemberTurn, from: MembershipState, isFailure: boolean): void {
  turn.set({
    application: { doing: 'closing', isFailure, isInListener: false, commitId: null },
    closingFrom: from,
    waiting: [],
  });
  turn.stopTimer('poll');
  turn.stopTimer('autoCommit');
  turn.stopTimer('retry');
  const isCommitting = turn.config.isAutoCommit && turn.state.isCoordinatorKnown;
  const commitId = isCommitting ? turn.sendCommit() : null;
  if (commitId === null) turn.raise({ type: 'COMMIT_SETTLED' });
  else waitToClose(turn, commitId, false);
}

/**
 * The listener hears of all that the member holds: as lost when the group has gone on without it.
 * close() does not know of that: it goes by the epoch that the application has seen last.
 *
 * Source: AsyncKafkaConsumer#runRebalanceCallbacksOnClose, #updateGroupMetadata,
 * AbstractMembershipManager#leaveGroup.
 */
export function releaseAll(turn: MemberTurn, from: MembershipState): void {
  const { generationId, application, assignment, closingFrom } = turn.state;
  turn.set({ closingFrom: closingFrom ?? from });
  if (application.doing === 'closing' && application.isInListener) {
    onReleased(turn);
    return;
  }
  const isLost = generationId === null && application.doing !== 'closing';
  if (isLost || assignment.length === 0) {
    giveUpAll(turn, 'lost');
    leave(turn);
    return;
  }
  turn.note({ kind: 'callbackEntered', callback: 'revoked', partitions: assignment });
  const correlationId = turn.config.commitInRevoked ? turn.sendCommit() : null;
  if (correlationId === null) onReleased(turn);
  else if (application.doing === 'closing') waitToClose(turn, correlationId, true);
  else turn.set({ application: { doing: 'callback', correlationId } });
}

/** The revoked callback before the end has returned. */
export function onReleased(turn: MemberTurn): void {
  turn.note({ kind: 'callbackLeft', callback: 'revoked' });
  turn.set({ givingUp: [] });
  turn.assign([]);
  leave(turn);
}

function leave(turn: MemberTurn): void {
  const { application, closingFrom } = turn.state;
  update(turn, { target: null, reconciled: null, reconciliation: null });
  turn.set({ subscription: [] });
  if (application.doing !== 'closing') {
    turn.stopTimer('poll');
    turn.stopTimer('autoCommit');
    turn.set({ application: { doing: 'idling' } });
  }
  if (closingFrom !== null && NOT_IN_GROUP.includes(closingFrom)) update(turn, { memberEpoch: -1 });
  turn.set({ closingFrom: null });
  turn.raise({ type: 'LEAVE' });
}

/** The last step of close(). */
export function finishClosing(turn: MemberTurn): void {
  const { application } = turn.state;
  if (application.doing !== 'closing') return;
  turn.raise({ type: 'LEFT', isFailure: application.isFailure });
}
