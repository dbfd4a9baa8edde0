import type { GroupTimer } from '../effects.ts';
import type { ConsumerGroupTurn } from './consumer-group.ts';
import { fence } from './leaving.ts';

/**
 * One of the timers of a member has run out: it is fenced. The clock of somebody who has gone
 * meanwhile comes to nothing, and so does one of the classic group that this was.
 *
 * Source: GroupMetadataManager#scheduleConsumerGroupSessionTimeout, #scheduleConsumerGroupRebalanceTimeout,
 * #scheduleConsumerGroupJoinTimeoutIfAbsent, #scheduleConsumerGroupSyncTimeout.
 */
export function onConsumerGroupTimer(turn: ConsumerGroupTurn, timer: GroupTimer): void {
  const { memberId } = timer;
  const member = memberId === null ? undefined : turn.state.members.get(memberId);
  const words = WORDS.get(timer.kind);
  if (member === undefined || words === undefined) return;
  // Who has come to another epoch meanwhile, or has left for a while, owes nothing any more.
  if (timer.kind === 'revocationTimeout' && member.memberEpoch !== member.revokingEpoch) return;
  const reason = `${member.name} ${words}`;
  fence(turn, [member], `it ${words}`, reason);
  turn.settleState(reason);
}

/** What a member has failed to do, by the timer; those of a classic group come to nothing here. */
const WORDS: ReadonlyMap<GroupTimer['kind'], string> = new Map([
  ['session', 'was silent for its session timeout'],
  ['revocationTimeout', 'did not give up its partitions within its rebalance timeout'],
  ['memberJoinTimeout', 'did not rejoin within its rebalance timeout'],
  ['memberSyncTimeout', 'did not sync within its rebalance timeout'],
]);
