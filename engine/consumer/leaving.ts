import type { MemberTurn } from './member.ts';

/**
 * close(): commits, calls the listener, leaves the group, ends.
 *
 * Source: ClassicKafkaConsumer#close, ConsumerCoordinator#close, #onLeavePrepare.
 */
export function beginClose(turn: MemberTurn): void {
  turn.set({ application: { doing: 'closing' } });
  turn.stopTimer('heartbeat');
  turn.stopTimer('poll');
  turn.stopTimer('autoCommit');
  const isCommitting = turn.config.isAutoCommit && turn.state.isCoordinatorKnown;
  if (!isCommitting || turn.sendCommit() === null) {
    turn.raise({ type: 'COMMIT_SETTLED', owes: null });
  }
}

/** The second half of close(), after the last commit. */
export function leaveGroup(turn: MemberTurn): void {
  const { assignment, memberId, generationId, isCoordinatorKnown, config } = turn.state;
  if (assignment.length > 0) {
    if (config.profile.hasListener) {
      const callback = generationId === null ? 'lost' : 'revoked';
      turn.note({ kind: 'callbackEntered', callback, partitions: assignment });
      turn.note({ kind: 'callbackLeft', callback });
    }
    turn.assign([]);
  }
  if (memberId === null || !isCoordinatorKnown) {
    turn.raise({ type: 'LEFT' });
    return;
  }
  turn.request({
    type: 'LeaveGroupRequest',
    groupId: config.groupId,
    members: [{ memberId, groupInstanceId: null, reason: 'the consumer is being closed' }],
  });
}
