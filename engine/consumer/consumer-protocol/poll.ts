import type { MemberTurn } from '../member.ts';
import { askPositions, deliver, fetch } from '../poll-loop.ts';
import { report } from '../thrown.ts';
import { findCoordinator } from '../find-coordinator.ts';
import { update } from './heartbeats.ts';
import { loseAll, reconcile, release } from './reconciliation.ts';

/**
 * What poll() does when the application is in it: what the background thread has left to it, then
 * records. Unlike a classic member it reads on through every rebalance.
 *
 * Source: AsyncKafkaConsumer#poll, ApplicationEventProcessor#process(AsyncPollEvent).
 */
export function poll(turn: MemberTurn): void {
  if (!isPolling(turn)) return;
  // Who is back before the next heartbeat is due has not been missed.
  update(turn, { isPollExpired: false });
  const { failure } = turn.state;
  if (failure !== null) {
    loseAll(turn);
    turn.set({ failure: null });
    report(turn, failure);
    return;
  }
  reconcile(turn);
  if (!isPolling(turn)) return;
  commitIfDue(turn);
  switch (turn.membershipState) {
    case 'unsubscribed':
      if (!turn.state.consumerProtocol.isSubscriptionNew) return;
      update(turn, { isSubscriptionNew: false, memberEpoch: 0 });
      turn.raise({ type: 'JOIN' });
      break;
    case 'fenced':
    case 'stale':
      release(turn);
      break;
    default:
      break;
  }
  if (turn.state.generationId === null) return;
  if (turn.state.isCoordinatorKnown) {
    const { memberId, generationId } = turn.state;
    askPositions(turn, { memberId, memberEpoch: generationId });
  } else if (!turn.state.isBackingOff) findCoordinator(turn);
  deliver(turn);
  fetch(turn);
}

/** A listener that commits holds the application up in the middle of its poll(). */
const isPolling = (turn: MemberTurn): boolean => turn.state.application.doing === 'polling';

/** Source: CommitRequestManager#updateTimerAndMaybeCommit. */
function commitIfDue(turn: MemberTurn): void {
  const { isCommitDue, isCoordinatorKnown } = turn.state;
  if (!isCommitDue || !isCoordinatorKnown || turn.isAsking('OffsetCommitRequest')) return;
  turn.set({ isCommitDue: false });
  turn.startAutoCommits();
  turn.sendCommit();
}
