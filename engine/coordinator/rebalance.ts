import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import { asGenerationId, type MemberId } from '../protocol/ids.ts';
import type { JoinGroupResponse } from '../protocol/messages.ts';
import {
  hasAllJoined,
  inHashOrder,
  rebalanceTimeoutMs,
  type ClassicGroup,
  type GroupMember,
  type GroupTurn,
} from './classic-group.ts';

/** A rebalance may begin in these states only. Source: ClassicGroup#canRebalance. */
export const canRebalance = ({ state }: ClassicGroup): boolean =>
  state === 'Empty' || state === 'Stable' || state === 'CompletingRebalance';

/**
 * Begins a rebalance: from now on the group collects JoinGroup requests.
 *
 * Nothing is pushed to members; they learn of it from the answer to their next request. A group
 * that was Empty waits for more members first.
 *
 * Source: GroupMetadataManager#prepareRebalance.
 */
export function prepareRebalance(turn: GroupTurn, reason: string): void {
  if (turn.state.state === 'CompletingRebalance') refuseParkedSyncs(turn);
  forgetPendingSyncs(turn);
  turn.ask({ type: 'stopTimer', timer: { kind: 'syncTimeout', memberId: null } });
  if (turn.state.state === 'Empty') {
    const delayMs = turn.settings.initialRebalanceDelayMs;
    const remainingMs = Math.max(rebalanceTimeoutMs(turn.state) - delayMs, 0);
    startInitialDelay(turn, delayMs, remainingMs);
    turn.moveTo('PreparingRebalance', reason);
    return;
  }
  turn.moveTo('PreparingRebalance', reason);
  if (hasAllJoined(turn.state)) completeJoin(turn);
  else startRebalanceTimeout(turn);
}

function startInitialDelay(turn: GroupTurn, delayMs: number, remainingMs: number): void {
  turn.set({ initialDelay: { delayMs, remainingMs } });
  const timer = { kind: 'initialDelay', memberId: null } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: delayMs });
}

function startRebalanceTimeout(turn: GroupTurn): void {
  stopJoinClock(turn);
  const timer = { kind: 'rebalanceTimeout', memberId: null } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: rebalanceTimeoutMs(turn.state) });
}

/** Ends the wait for joins. Kafka has one clock for both: source: #classicGroupJoinKey. */
function stopJoinClock(turn: GroupTurn): void {
  turn.set({ initialDelay: null });
  turn.ask({ type: 'stopTimer', timer: { kind: 'initialDelay', memberId: null } });
  turn.ask({ type: 'stopTimer', timer: { kind: 'rebalanceTimeout', memberId: null } });
}

function forgetPendingSyncs(turn: GroupTurn): void {
  if (turn.state.awaitsReplaced) turn.set({ awaitsReplaced: false });
  if (turn.state.pendingSyncCount === 0) return;
  for (const member of turn.state.members.values()) {
    if (member.isPendingSync) turn.putMember({ ...member, isPendingSync: false });
  }
}

function refuseParkedSyncs(turn: GroupTurn): void {
  for (const member of inHashOrder(turn.state)) {
    const { awaitingSync } = member;
    turn.putMember({ ...member, assignment: [], awaitingSync: null });
    if (awaitingSync === null) continue;
    turn.noteMember('answered', member.memberId, 'its SyncGroup is refused, a rebalance has begun');
    turn.answer(awaitingSync, {
      type: 'SyncGroupResponse',
      errorCode: 'REBALANCE_IN_PROGRESS',
      assignment: [],
    });
    turn.restartSession(member);
  }
}

/**
 * The initial delay has passed: once more when somebody came meanwhile, else the join phase ends.
 *
 * Source: GroupMetadataManager#tryCompleteInitialRebalanceElseSchedule. What is left shrinks by
 * the delay that has passed, so the total never exceeds the rebalance timeout.
 */
export function onInitialDelay(turn: GroupTurn): void {
  // The clock of a group that was converted meanwhile, and back, comes to nothing.
  if (turn.state.initialDelay === null) return;
  const { delayMs, remainingMs } = turn.state.initialDelay;
  if (turn.state.newMemberAdded && remainingMs !== 0) {
    turn.set({ newMemberAdded: false });
    const nextDelayMs = Math.min(turn.settings.initialRebalanceDelayMs, remainingMs);
    startInitialDelay(turn, nextDelayMs, Math.max(remainingMs - delayMs, 0));
  } else completeJoin(turn, 'the initial rebalance delay is over');
}

/**
 * Ends the join phase when all members wait for it; during the initial delay nobody ends it early.
 *
 * Source: GroupMetadataManager#maybeCompleteJoinPhase.
 */
export function maybeCompleteJoinPhase(turn: GroupTurn): void {
  const { state, previousState } = turn.state;
  if (state !== 'PreparingRebalance' || previousState === 'Empty') return;
  if (hasAllJoined(turn.state)) completeJoin(turn);
}

/**
 * Ends the join phase: drops who has not rejoined, begins a generation, answers the JoinGroups.
 *
 * Source: GroupMetadataManager#completeClassicGroupJoin.
 */
export function completeJoin(turn: GroupTurn, reason = 'every member has joined'): void {
  stopJoinClock(turn);
  for (const member of inHashOrder(turn.state)) {
    if (member.awaitingJoin === null && member.groupInstanceId === null) {
      turn.ask({ type: 'stopTimer', timer: { kind: 'session', memberId: member.memberId } });
      removeMember(turn, member.memberId, 'it did not rejoin within the rebalance timeout');
    }
  }
  const isLed = electJoinedLeader(turn);
  if (!isLed && turn.state.members.size > 0) {
    // Static members alone are left, none of which has come back: the wait begins anew.
    startRebalanceTimeout(turn);
    return;
  }
  turn.set({ generationId: asGenerationId(turn.state.generationId + 1) });
  if (turn.state.members.size === 0) {
    turn.set({ protocolName: null });
    turn.moveTo('Empty', 'no member is left');
    turn.persist();
    return;
  }
  turn.set({ protocolName: selectProtocol(turn.state) });
  turn.moveTo('CompletingRebalance', `${reason}, the leader has to assign`);
  for (const member of inHashOrder(turn.state)) answerJoin(turn, member);
  turn.ask({
    type: 'startTimer',
    timer: { kind: 'syncTimeout', memberId: null },
    afterMs: rebalanceTimeoutMs(turn.state),
  });
}

/** A static member that has not come back is in the generation too; it has nothing to be answered. */
function answerJoin(turn: GroupTurn, member: GroupMember): void {
  const { memberId, awaitingJoin } = member;
  if (awaitingJoin !== null) {
    turn.noteMember('answered', memberId, 'its JoinGroup is answered');
    turn.answer(awaitingJoin, joinSucceeded(turn.state, memberId));
  }
  turn.restartSession(member);
  turn.putMember({ ...member, awaitingJoin: null, isNew: false, isPendingSync: true });
}

/** The answer to a JoinGroup that is in the current generation; the leader gets the member list. */
export function joinSucceeded(
  group: ClassicGroup,
  memberId: MemberId,
  skipAssignment = false,
): JoinGroupResponse {
  const members = memberId !== group.leaderId ? [] : inHashOrder(group);
  return {
    type: 'JoinGroupResponse',
    errorCode: 'NONE',
    generationId: group.generationId,
    protocolName: group.protocolName,
    leader: group.leaderId,
    memberId,
    skipAssignment,
    members: members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: existing(
        member.protocols.find(({ name }) => name === group.protocolName),
        `protocol ${group.protocolName} of ${member.memberId}`,
      ).metadata,
    })),
  };
}

/**
 * Keeps the leader when it has joined, else the first that has, in hash order; false when nobody
 * leads.
 *
 * Source: ClassicGroup#maybeElectNewJoinedLeader.
 */
function electJoinedLeader(turn: GroupTurn): boolean {
  const { leaderId, members } = turn.state;
  if (leaderId === null) return false;
  if (members.get(leaderId)?.awaitingJoin) return true;
  const next = inHashOrder(turn.state).find((member) => member.awaitingJoin !== null);
  if (next === undefined) return false;
  turn.set({ leaderId: next.memberId });
  return true;
}

/**
 * The assignor the group settles on: of the names that all members list, each member votes for
 * the first in its own order; a tie goes to the first in Java's hash order.
 *
 * Source: ClassicGroup#selectProtocol.
 */
export function selectProtocol(group: ClassicGroup): string {
  const candidates = namesListedByAll(group);
  const [only] = candidates;
  if (only !== undefined && candidates.size === 1) return only;
  const votes = new Map<string, number>();
  for (const { protocols } of group.members.values()) {
    const choice = existing(
      protocols.find(({ name }) => candidates.has(name)),
      'protocol that all members list',
    );
    votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  const ranking = hashOrder([...votes.keys()]);
  const most = Math.max(...votes.values());
  return existing(
    ranking.find((name) => votes.get(name) === most),
    'winner of the vote',
  );
}

/** Names of assignors that each member offers. */
export function namesListedByAll(group: ClassicGroup): ReadonlySet<string> {
  const listed = [...group.protocolCounts].filter(([, count]) => count === group.members.size);
  return new Set(listed.map(([name]) => name));
}

/** Takes a member out; the first remaining one in hash order follows a leader. */
export function removeMember(turn: GroupTurn, memberId: MemberId, reason: string): void {
  turn.noteMember('removed', memberId, reason);
  turn.dropMember(turn.member(memberId));
  if (turn.state.leaderId === memberId) {
    turn.set({ leaderId: inHashOrder(turn.state)[0]?.memberId ?? null });
  }
}

/** Takes back an id that was handed out. */
export function removePending(turn: GroupTurn, memberId: MemberId, reason: string): void {
  turn.noteMember('pendingRemoved', memberId, reason);
  const pendingJoinMembers = new Map(turn.state.pendingJoinMembers);
  pendingJoinMembers.delete(memberId);
  turn.set({ pendingJoinMembers });
}
