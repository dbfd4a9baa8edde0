import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberId, MemberName } from '../protocol/ids.ts';
import type { JoinGroupProtocol, JoinGroupRequest } from '../protocol/messages.ts';
import type { GroupMember, GroupTurn, Parked } from './classic-group.ts';
import {
  canRebalance,
  joinSucceeded,
  maybeCompleteJoinPhase,
  namesListedByAll,
  prepareRebalance,
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
 * the API is assumed: a newcomer is told its id first and has to join again with it.
 */
export function onJoinGroup(
  turn: GroupTurn,
  request: JoinGroupRequest,
  parked: Parked,
  freshId: MemberId,
): void {
  const { memberId } = request;
  const refusal = judge(turn, request);
  if (refusal !== 'NONE') {
    const echoed = refusal === 'GROUP_MAX_SIZE_REACHED' ? null : memberId;
    turn.refuseJoin(parked, refusal, echoed);
  } else if (memberId === null) {
    handOutId(turn, request, parked, freshId);
  } else if (turn.state.pendingJoinMembers.has(memberId)) {
    addMember(turn, request, memberId, parked);
  } else rejoin(turn, request, turn.member(memberId), parked);
}

/** The broker's order of checks: session timeout, size, dead group, protocols, membership. */
function judge(turn: GroupTurn, request: JoinGroupRequest): ErrorCode {
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = turn.settings;
  const { sessionTimeoutMs, memberId } = request;
  const group = turn.state;
  if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
    return 'INVALID_SESSION_TIMEOUT';
  }
  if (!acceptsJoiner(turn, memberId)) return 'GROUP_MAX_SIZE_REACHED';
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (!supportsProtocols(turn, request.protocols)) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (memberId === null || group.pendingJoinMembers.has(memberId)) return 'NONE';
  if (!group.members.has(memberId) || group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  return 'NONE';
}

/** Source: GroupMetadataManager#acceptJoiningMember; ids handed out do not count. */
function acceptsJoiner(turn: GroupTurn, memberId: MemberId | null): boolean {
  const { state, members } = turn.state;
  const { maxSize } = turn.settings;
  const member = memberId === null ? undefined : members.get(memberId);
  switch (state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance': {
      if (member?.awaitingJoin) return true;
      const awaiting = [...members.values()].filter((other) => other.awaitingJoin !== null);
      return awaiting.length < maxSize;
    }
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || members.size < maxSize;
  }
}

/** At least one offered assignor is listed by all current members, the joiner included. */
function supportsProtocols(turn: GroupTurn, offered: readonly JoinGroupProtocol[]): boolean {
  const members = [...turn.state.members.values()];
  if (members.length === 0) return offered.length > 0;
  const common = namesListedByAll(members);
  return offered.some(({ name }) => common.has(name));
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
    isNew: true,
  });
  turn.ask({ type: 'stopTimer', timer: { kind: 'pendingMember', memberId } });
  turn.noteMember('added', memberId, 'it joined with its member id');
  turn.noteMember('awaitingJoin', memberId, 'its JoinGroup waits for the others');
  const timer = { kind: 'newMember', memberId } as const;
  turn.ask({ type: 'startTimer', timer, afterMs: NEW_MEMBER_JOIN_TIMEOUT_MS });
  rebalanceOrComplete(turn, `${parked.client.name} joins the group`);
}

/** Source: GroupMetadataManager#classicGroupJoinExistingMember. */
function rejoin(
  turn: GroupTurn,
  request: JoinGroupRequest,
  member: GroupMember,
  parked: Parked,
): void {
  const { state, leaderId } = turn.state;
  const isUnchanged = JSON.stringify(member.protocols) === JSON.stringify(request.protocols);
  const isRetry =
    (state === 'CompletingRebalance' && isUnchanged) ||
    (state === 'Stable' && isUnchanged && member.memberId !== leaderId);
  if (isRetry) {
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

const rejoinReason = (name: MemberName, reason: string | null): string =>
  reason === null ? `${name} rejoins the group` : `${name} rejoins the group: ${reason}`;

function rebalanceOrComplete(turn: GroupTurn, reason: string): void {
  if (canRebalance(turn.state)) prepareRebalance(turn, reason);
  else maybeCompleteJoinPhase(turn);
}
