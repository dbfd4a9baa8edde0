import { existing } from '../assert.ts';
import { ASSIGNORS } from '../assignors/index.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type {
  GroupResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  MemberAssignment,
  SyncGroupResponse,
} from '../protocol/messages.ts';
import type { OwedCallback } from './member-machine.ts';
import type { MemberTurn } from './member.ts';

/** The process is gone: nothing waits and nothing runs any more. */
export function endProcess(turn: MemberTurn, code: number | null): void {
  turn.assign([]);
  turn.identify(null, null);
  turn.set({
    application: { doing: 'nothing' },
    waiting: [],
    requests: new Map(),
    buffer: [],
    isCoordinatorKnown: false,
    isLeader: false,
    assignedBy: null,
    isBackingOff: false,
    isHeartbeatDue: false,
    isCommitDue: false,
    stallMs: 0,
  });
  turn.note({ kind: 'memberExit', code });
}

/** The call that the application is owed before a rejoin. Source: ConsumerCoordinator#onJoinPrepare. */
export function owedCallback(turn: MemberTurn): OwedCallback {
  const { config, memberId, generationId, assignment } = turn.state;
  if (!config.profile.hasListener) return null;
  const isMember = memberId !== null && generationId !== null;
  if (isMember) return 'revoked';
  return assignment.length > 0 ? 'lost' : null;
}

/** Sends JoinGroup; a client that looks for the coordinator anew does that first. */
export function join(turn: MemberTurn): void {
  turn.stopTimer('heartbeat');
  turn.set({ isLeader: false, isHeartbeatDue: false });
  // A client without a listener is not told, but it stops fetching: its partitions have no owner.
  turn.assign([]);
  if (turn.config.profile.findsCoordinatorToJoin && !turn.state.isCoordinatorFresh) {
    turn.request({ type: 'FindCoordinatorRequest', groupId: turn.config.groupId });
    return;
  }
  turn.request(joinRequest(turn));
  turn.set({ joinReason: null });
}

function joinRequest(turn: MemberTurn): JoinGroupRequest {
  const { config, memberId, generationId, subscription, assignment, joinReason } = turn.state;
  return {
    type: 'JoinGroupRequest',
    groupId: config.groupId,
    sessionTimeoutMs: config.sessionTimeoutMs,
    rebalanceTimeoutMs: config.rebalanceTimeoutMs,
    memberId,
    groupInstanceId: null,
    protocols: config.assignors.map((name) => ({
      name,
      metadata: {
        topics: [...subscription].sort(),
        ownedPartitions: assignment,
        generationId,
        rackId: null,
        userData: null,
      },
    })),
    reason: joinReason,
  };
}

/** Source: AbstractCoordinator.JoinGroupResponseHandler. */
export function onJoinGroupResponse(turn: MemberTurn, answer: JoinGroupResponse): void {
  if (turn.membershipState !== 'joining') return;
  const { errorCode, memberId } = answer;
  if (errorCode === 'NONE') {
    turn.identify(memberId, answer.generationId);
    turn.set({
      isCoordinatorFresh: false,
      protocolName: answer.protocolName,
      isLeader: answer.leader === memberId,
      lastHeartbeatOkMs: turn.nowMs,
    });
    turn.startTimer('heartbeat', turn.config.heartbeatIntervalMs);
  } else if (errorCode === 'MEMBER_ID_REQUIRED') {
    turn.identify(memberId, null);
    turn.set({ joinReason: `need to re-join with the given member-id: ${memberId ?? ''}` });
  } else resetOn(turn, errorCode, 'JOIN_GROUP');
  turn.raise({ type: 'JOIN_ANSWERED', errorCode }, answer);
  reportFailure(turn, errorCode);
}

/** The client throws these from poll(), and the application ends. */
function reportFailure(turn: MemberTurn, errorCode: ErrorCode): void {
  if (turn.membershipState !== 'failed') return;
  const exception = `${errorCode
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')}Exception`;
  turn.note({ kind: 'memberError', exception, message: `The coordinator answered ${errorCode}.` });
}

export function sync(turn: MemberTurn, answer: GroupResponse | null): void {
  const join = existing(answer?.type === 'JoinGroupResponse' ? answer : null, 'JoinGroup answer');
  const { config, generationId, memberId, protocolName } = turn.state;
  turn.request({
    type: 'SyncGroupRequest',
    groupId: config.groupId,
    generationId: existing(generationId, 'generation'),
    memberId: existing(memberId, 'member id'),
    groupInstanceId: null,
    protocolName: config.profile.namesProtocolInSync ? protocolName : null,
    assignments: turn.state.isLeader ? assignAll(turn, join) : [],
  });
}

/** What the leader does between JoinGroup and SyncGroup: it runs the assignor for all. */
function assignAll(turn: MemberTurn, answer: JoinGroupResponse): readonly MemberAssignment[] {
  const assignor = existing(ASSIGNORS.get(answer.protocolName ?? ''), `${answer.protocolName}`);
  const topics = new Set(answer.members.flatMap(({ metadata }) => metadata.topics));
  const counts = new Map([...turn.state.metadata].filter(([topic]) => topics.has(topic)));
  turn.set({ assignedBy: counts });
  const members = answer.members.map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    groupInstanceId,
    subscription: metadata,
  }));
  return [...assignor.assign(members, counts)].map(([memberId, assignment]) => ({
    memberId,
    assignment,
  }));
}

/** Source: AbstractCoordinator.SyncGroupResponseHandler. */
export function onSyncGroupResponse(turn: MemberTurn, answer: SyncGroupResponse): void {
  if (turn.membershipState !== 'syncing') return;
  const { errorCode } = answer;
  if (errorCode === 'REBALANCE_IN_PROGRESS') {
    turn.set({ joinReason: 'group is already rebalancing' });
  } else resetOn(turn, errorCode, 'SYNC_GROUP');
  turn.raise({ type: 'SYNC_ANSWERED', errorCode }, answer);
  reportFailure(turn, errorCode);
}

/**
 * Forgets what the coordinator says is over: the member id too when it is unknown, only the
 * generation when that is stale.
 */
function resetOn(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  if (errorCode === 'UNKNOWN_MEMBER_ID') turn.identify(null, null);
  else if (errorCode === 'ILLEGAL_GENERATION') turn.identify(turn.state.memberId, null);
  else return;
  turn.set({ joinReason: `encountered ${errorCode} from ${api} response` });
}

/** A heartbeat or a commit was refused: the group has gone on without this member. */
export function onEvicted(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  resetOn(turn, errorCode, api);
  turn.stopTimer('heartbeat');
  turn.raise({ type: 'EVICTED' });
}

export function onToldToRejoin(turn: MemberTurn, reason: string): void {
  if (turn.membershipState === 'stable' || turn.membershipState === 'assigning') {
    turn.set({ joinReason: reason });
  }
  turn.raise({ type: 'TOLD_TO_REJOIN' });
}

/** Source: AbstractCoordinator.HeartbeatThread, maybeLeaveGroup: the answer is not waited for. */
export function leaveAfterPollTimeout(turn: MemberTurn): void {
  const { memberId, config, isCoordinatorKnown } = turn.state;
  if (memberId !== null && isCoordinatorKnown) {
    turn.request({
      type: 'LeaveGroupRequest',
      groupId: config.groupId,
      members: [{ memberId, groupInstanceId: null, reason: 'consumer poll timeout has expired.' }],
    });
  }
  turn.stopTimer('heartbeat');
  turn.identify(null, null);
  turn.set({ joinReason: 'consumer pro-actively leaving the group' });
}

/** An eager member gives up everything before it rejoins, also when it holds nothing. */
export function callRevoked(turn: MemberTurn): void {
  const { assignment, config } = turn.state;
  turn.note({ kind: 'callbackEntered', callback: 'revoked', partitions: assignment });
  const correlationId = config.commitInRevoked ? turn.sendCommit() : null;
  if (correlationId === null) endCallback(turn, 'revoked');
  else turn.set({ application: { doing: 'callback', correlationId } });
}

export function callLost(turn: MemberTurn): void {
  const { assignment } = turn.state;
  turn.note({ kind: 'callbackEntered', callback: 'lost', partitions: assignment });
  endCallback(turn, 'lost');
}

/** The listener returns; what it was told of is given up, and the member goes on to rejoin. */
export function endCallback(turn: MemberTurn, callback: 'revoked' | 'lost'): void {
  turn.note({ kind: 'callbackLeft', callback });
  turn.assign([]);
  turn.set({ application: { doing: 'polling' } });
  turn.raise({ type: 'CALLBACK_DONE' });
}

/** Source: ConsumerCoordinator#onJoinComplete: assignment first, then the callback. */
export function callAssigned(turn: MemberTurn, answer: GroupResponse | null): void {
  const sync = existing(answer?.type === 'SyncGroupResponse' ? answer : null, 'SyncGroup answer');
  const { autoCommitIntervalMs, isAutoCommit } = turn.config;
  if (isAutoCommit && autoCommitIntervalMs !== null) {
    turn.startTimer('autoCommit', autoCommitIntervalMs);
  }
  turn.set({ isCommitDue: false });
  turn.assign(sync.assignment);
  const { assignment } = turn.state;
  turn.note({ kind: 'callbackEntered', callback: 'assigned', partitions: assignment });
  turn.note({ kind: 'callbackLeft', callback: 'assigned' });
  turn.raise({ type: 'CALLBACK_DONE' });
}
