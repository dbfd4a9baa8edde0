import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberId, MemberName } from '../protocol/ids.ts';
import type { JoinGroupProtocol, JoinGroupRequest } from '../protocol/messages.ts';
import {
  validateMember,
  type ClassicGroup,
  type GroupMember,
  type GroupTurn,
} from './classic-group.ts';
import type { Parked } from './effects.ts';
import {
  canRebalance,
  joinSucceeded,
  maybeCompleteJoinPhase,
  prepareRebalance,
  removeMember,
  removePending,
  selectProtocol,
} from './rebalance.ts';

/**
 * How long a member may wait in its first JoinGroup.
 * Source: GroupCoordinatorConfig.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS.
 */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

/**
 * Takes one JoinGroup: hands out a member id, parks the request until the join phase ends, or
 * refuses it.
 *
 * @param freshId the id to hand out should this be a newcomer; Kafka draws it here.
 *
 * Source: GroupMetadataManager#classicGroupJoinToClassicGroup, Kafka 4.3.1. Version 4 or later of
 * the API is assumed: a dynamic newcomer is told its id first and has to join again with it.
 */
export function onJoinGroup(
  turn: GroupTurn,
  request: JoinGroupRequest,
  parked: Parked,
  freshId: MemberId,
): void {
  const { memberId, groupInstanceId } = request;
  const refusal = judge(turn, request);
  if (refusal === 'GROUP_MAX_SIZE_REACHED') {
    if (memberId !== null) sendAway(turn, memberId);
    turn.refuseJoin(parked, refusal);
  } else if (refusal === 'UNKNOWN_SERVER_ERROR') turn.refuseJoin(parked, refusal);
  else if (refusal !== 'NONE') turn.refuseJoin(parked, refusal, memberId);
  else if (memberId !== null) {
    if (turn.state.pendingJoinMembers.has(memberId)) addMember(turn, request, memberId, parked);
    else rejoin(turn, request, turn.member(memberId), parked);
  } else if (groupInstanceId === null) handOutId(turn, request, parked, freshId);
  else {
    const holder = turn.state.staticMembers.get(groupInstanceId);
    if (holder === undefined) addMember(turn, request, freshId, parked);
    else replaceStaticMember(turn, request, turn.member(holder), freshId, parked);
  }
}

/**
 * Who comes too late to a full group is no part of it any more, and neither is an id that was
 * handed out; the clocks run on, and come to nothing.
 */
function sendAway(turn: GroupTurn, memberId: MemberId): void {
  if (turn.state.members.has(memberId)) removeMember(turn, memberId, 'the group is full');
  if (turn.state.pendingJoinMembers.has(memberId)) {
    removePending(turn, memberId, 'the group is full');
  }
}

/** The broker's order of checks: size, dead group, protocols, membership. */
function judge(turn: GroupTurn, request: JoinGroupRequest): ErrorCode {
  const { memberId, groupInstanceId } = request;
  const group = turn.state;
  if (!acceptsJoiner(turn, memberId)) return 'GROUP_MAX_SIZE_REACHED';
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (!supportsProtocols(group, request.protocols)) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (memberId === null) return 'NONE';
  if (group.pendingJoinMembers.has(memberId)) {
    // An id is handed out to dynamic members only; Kafka has no better answer.
    return groupInstanceId === null ? 'NONE' : 'UNKNOWN_SERVER_ERROR';
  }
  const membership = validateMember(group, memberId, groupInstanceId);
  if (membership !== 'NONE') return membership;
  return group.state === 'Empty' ? 'UNKNOWN_MEMBER_ID' : 'NONE';
}

/** Source: GroupMetadataManager#acceptJoiningMember; ids handed out do not count. */
function acceptsJoiner(turn: GroupTurn, memberId: MemberId | null): boolean {
  const { state, members, awaitingJoinCount } = turn.state;
  const { maxSize } = turn.settings;
  const member = memberId === null ? undefined : members.get(memberId);
  switch (state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      return (member !== undefined && member.awaitingJoin !== null) || awaitingJoinCount < maxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || members.size < maxSize;
  }
}

/**
 * At least one offered assignor is listed by all current members, the joiner included.
 * Source: ClassicGroup#supportsProtocols.
 */
function supportsProtocols(group: ClassicGroup, offered: readonly JoinGroupProtocol[]): boolean {
  const { members, protocolCounts } = group;
  if (members.size === 0) return offered.length > 0;
  return offered.some(({ name }) => protocolCounts.get(name) === members.size);
}

/** Step one for a newcomer: it gets an id and has to come back with it. KIP-394. */
function handOutId(
  turn: GroupTurn,
  request: JoinGroupRequest,
  parked: Parked,
  memberId: MemberId,
): void {
  const pendingJoinMembers = new Map(turn.state.pendingJoinMembers);
  turn.set({ pendingJoinMembers: pendingJoinMembers.set(memberId, parked.client.name) });
  turn.noteMember('pending', memberId, 'a newcomer gets its member id first');
  const timer = { kind: 'pendingMember', memberId } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: request.sessionTimeoutMs });
  turn.refuseJoin(parked, 'MEMBER_ID_REQUIRED', memberId);
}

/** Source: GroupMetadataManager#addMemberThenRebalanceOrCompleteJoin. */
function addMember(
  turn: GroupTurn,
  request: JoinGroupRequest,
  memberId: MemberId,
  parked: Parked,
): void {
  const { state, previousState, leaderId } = turn.state;
  if (state === 'PreparingRebalance' && previousState === 'Empty') {
    turn.set({ newMemberAdded: true });
  }
  const pendingJoinMembers = new Map(turn.state.pendingJoinMembers);
  pendingJoinMembers.delete(memberId);
  turn.set({ pendingJoinMembers, leaderId: leaderId ?? memberId });
  turn.mapStatic(request.groupInstanceId, memberId);
  turn.putMember({
    memberId,
    groupInstanceId: request.groupInstanceId,
    name: parked.client.name,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: request.protocols,
    assignment: [],
    awaitingJoin: parked,
    awaitingSync: null,
    isPendingSync: false,
    isNew: true,
  });
  turn.ask({ type: 'stopTimer', timer: { kind: 'pendingMember', memberId } });
  turn.noteMember(
    'added',
    memberId,
    request.groupInstanceId === null ? 'it joined with its member id' : 'a new static member',
  );
  turn.noteMember('awaitingJoin', memberId, 'its JoinGroup waits for the others');
  const timer = { kind: 'newMember', memberId } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: NEW_MEMBER_JOIN_TIMEOUT_MS });
  rebalanceOrComplete(turn, `${parked.client.name} joins the group`);
}

/**
 * A static member is back under a new id: whoever still goes by the old one is fenced. In a settled
 * group whose vote does not change it simply gets its place back, with no rebalance.
 *
 * Source: GroupMetadataManager#updateStaticMemberThenRebalanceOrCompleteJoin.
 */
function replaceStaticMember(
  turn: GroupTurn,
  request: JoinGroupRequest,
  old: GroupMember,
  memberId: MemberId,
  parked: Parked,
): void {
  const isLeader = turn.state.leaderId === old.memberId;
  fence(turn, old);
  turn.noteMember('removed', old.memberId, 'its group.instance.id has a new member id');
  turn.dropMember(old);
  turn.mapStatic(old.groupInstanceId, memberId);
  // The group goes on waiting for the SyncGroup of the old id, which nobody will send.
  if (old.isPendingSync) turn.set({ awaitsReplaced: true });
  if (isLeader) turn.set({ leaderId: memberId });
  const member: GroupMember = {
    ...old,
    memberId,
    name: parked.client.name,
    protocols: request.protocols,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: parked,
    awaitingSync: null,
    isPendingSync: false,
    isNew: false,
  };
  turn.putMember(member);
  turn.noteMember('added', memberId, `it takes the place of ${old.memberId}`);
  // The first session of the new id has the old one's length.
  turn.restartSession({ ...member, sessionTimeoutMs: old.sessionTimeoutMs });
  const { state, protocolName } = turn.state;
  if (state === 'Stable' && selectProtocol(turn.state) === protocolName) {
    turn.putMember({ ...member, awaitingJoin: null });
    turn.persist();
    turn.answer(parked, joinSucceeded(turn.state, memberId, isLeader));
    return;
  }
  turn.noteMember('awaitingJoin', memberId, 'its JoinGroup waits for the others');
  rebalanceOrComplete(turn, `${parked.client.name}, a static member, is back under a new id`);
}

/** Whoever waits under an id that is no more. Source: ClassicGroup#replaceStaticMember. */
function fence(turn: GroupTurn, { memberId, awaitingJoin, awaitingSync }: GroupMember): void {
  const errorCode = 'FENCED_INSTANCE_ID';
  if (awaitingJoin !== null) turn.refuseJoin(awaitingJoin, errorCode, memberId);
  if (awaitingSync !== null) {
    turn.answer(awaitingSync, { type: 'SyncGroupResponse', errorCode, assignment: [] });
  }
}

/** Source: GroupMetadataManager#classicGroupJoinExistingMember. */
function rejoin(
  turn: GroupTurn,
  request: JoinGroupRequest,
  member: GroupMember,
  parked: Parked,
): void {
  const { state, leaderId } = turn.state;
  const mayBeRetry =
    state === 'CompletingRebalance' || (state === 'Stable' && member.memberId !== leaderId);
  if (mayBeRetry && isSameOffer(member.protocols, request.protocols)) {
    turn.answer(parked, joinSucceeded(turn.state, member.memberId));
    return;
  }
  turn.putMember({
    ...member,
    protocols: request.protocols,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: parked,
  });
  turn.noteMember('awaitingJoin', member.memberId, 'its JoinGroup waits for the others');
  rebalanceOrComplete(turn, rejoinReason(member.name, request.reason));
}

/** Whether the same assignors are offered with the same subscriptions, in the same order. */
const isSameOffer = (a: readonly JoinGroupProtocol[], b: readonly JoinGroupProtocol[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const rejoinReason = (name: MemberName, reason: string | null): string =>
  reason === null ? `${name} rejoins the group` : `${name} rejoins the group: ${reason}`;

function rebalanceOrComplete(turn: GroupTurn, reason: string): void {
  if (canRebalance(turn.state)) prepareRebalance(turn, reason);
  else maybeCompleteJoinPhase(turn);
}
