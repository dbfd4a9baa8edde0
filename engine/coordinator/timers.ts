import { existing, unreachable } from '../assert.ts';
import type { MemberId } from '../protocol/ids.ts';
import {
  hasAllJoined,
  hasEverybodySynced,
  inHashOrder,
  type GroupMember,
  type GroupTurn,
} from './classic-group.ts';
import type { GroupTimer } from './effects.ts';
import {
  completeJoin,
  onInitialDelay,
  prepareRebalance,
  removeMember,
  removePending,
} from './rebalance.ts';

/** One of the group's timers has run out. */
export function onGroupTimer(turn: GroupTurn, timer: GroupTimer): void {
  switch (timer.kind) {
    case 'initialDelay':
      onInitialDelay(turn);
      return;
    case 'rebalanceTimeout':
      completeJoin(turn, 'the rebalance timeout is over');
      return;
    case 'syncTimeout':
      onSyncTimeout(turn);
      return;
    case 'pendingMember':
      removePending(turn, idOf(timer), 'it did not join within its session timeout');
      completeIfAllJoined(turn);
      return;
    case 'newMember':
      onNewMemberTimeout(turn, idOf(timer));
      return;
    case 'session':
      onSessionTimeout(turn, idOf(timer));
      return;
    case 'revocationTimeout':
    case 'memberJoinTimeout':
    case 'memberSyncTimeout':
      // Of a consumer group that has become this one.
      return;
    default:
      unreachable(timer.kind, 'onGroupTimer');
  }
}

const idOf = (timer: GroupTimer): MemberId => existing(timer.memberId, 'member of the timer');

/**
 * A member was silent for its session timeout. One whose request is parked is not removed, and
 * its clock stands still until it is answered; one in its first join phase is all the same.
 *
 * Source: GroupMetadataManager#expireClassicGroupMemberHeartbeat,
 * ClassicGroupMember#hasSatisfiedHeartbeat.
 */
function onSessionTimeout(turn: GroupTurn, memberId: MemberId): void {
  // The clock of a replaced static member's old id runs on, and comes to nothing.
  const member = turn.state.members.get(memberId);
  if (member === undefined) return;
  if (!member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null)) return;
  expire(turn, member, 'no heartbeat within its session timeout');
  rebalanceWithout(turn, `${member.name} was silent for its session timeout`);
}

function onNewMemberTimeout(turn: GroupTurn, memberId: MemberId): void {
  const member = turn.state.members.get(memberId);
  if (member?.isNew !== true) return;
  expire(turn, member, 'its first join phase took more than five minutes');
  rebalanceWithout(turn, `${member.name} waited too long in its first join phase`);
}

function expire(turn: GroupTurn, { memberId, awaitingJoin }: GroupMember, why: string): void {
  if (awaitingJoin !== null) turn.refuseJoin(awaitingJoin, 'UNKNOWN_MEMBER_ID');
  removeMember(turn, memberId, why);
}

/** Source: GroupMetadataManager#removeMemberAndUpdateClassicGroup. */
function rebalanceWithout(turn: GroupTurn, reason: string): void {
  const { state } = turn.state;
  if (state === 'Stable' || state === 'CompletingRebalance') prepareRebalance(turn, reason);
  else completeIfAllJoined(turn);
}

function completeIfAllJoined(turn: GroupTurn): void {
  if (turn.state.state === 'PreparingRebalance' && hasAllJoined(turn.state)) completeJoin(turn);
}

/** Removes whoever has not sent SyncGroup. Source: GroupMetadataManager#expirePendingSync. */
function onSyncTimeout(turn: GroupTurn): void {
  const { state } = turn.state;
  if (state !== 'CompletingRebalance' && state !== 'Stable') return;
  if (hasEverybodySynced(turn.state)) return;
  for (const { memberId, isPendingSync } of inHashOrder(turn.state)) {
    if (!isPendingSync) continue;
    turn.ask({ type: 'stopTimer', timer: { kind: 'session', memberId } });
    removeMember(turn, memberId, 'it did not sync within the rebalance timeout');
  }
  prepareRebalance(turn, 'members did not sync within the rebalance timeout');
}
