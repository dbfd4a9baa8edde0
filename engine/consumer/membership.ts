import { existing } from '../assert.ts';
import { ASSIGNORS } from '../assignors/index.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type {
  GroupResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  MemberAssignment,
  StickyUserData,
  Subscription,
  SyncGroupResponse,
} from '../protocol/messages.ts';
import { withoutPartitions, type TopicPartition } from '../protocol/partitions.ts';
import { NEW_MEMBERSHIP } from './consumer-protocol/membership.ts';
import { leaveRequest } from './leaving.ts';
import type { OwedCallback } from './member-machine.ts';
import type { MemberTurn, Thrown } from './member.ts';
import type { MembershipState } from './step-machine.ts';

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
    isPrepared: false,
    joinedTopics: null,
    assignorMemory: new Map(),
    failure: null,
    joinReason: null,
    closingFrom: null,
    assignedBy: null,
    isBackingOff: false,
    isHeartbeatDue: false,
    isCommitDue: false,
    stallMs: 0,
    subscription: turn.config.topics,
    consumerProtocol: NEW_MEMBERSHIP,
  });
  turn.note({ kind: 'memberExit', code });
}

/**
 * The call that the application is owed before a rejoin, once in a rebalance: an eager member gives
 * up everything, also when it holds nothing; a cooperative one what it no longer subscribes to.
 *
 * Source: ConsumerCoordinator#onJoinPrepare.
 */
export function owedCallback(turn: MemberTurn): OwedCallback {
  const { config, memberId, generationId, assignment, isPrepared } = turn.state;
  if (!config.profile.hasListener || isPrepared) return null;
  if (memberId === null || generationId === null) return assignment.length > 0 ? 'lost' : null;
  if (config.rebalanceProtocol === 'eager') return 'revoked';
  return unsubscribedPartitions(turn).length > 0 ? 'revoked' : null;
}

/** What it holds of topics that it no longer subscribes to. */
function unsubscribedPartitions(turn: MemberTurn): readonly TopicPartition[] {
  const { assignment, subscription } = turn.state;
  return assignment.filter(({ topic }) => !subscription.includes(topic));
}

/** What a member gives up before it rejoins. */
export const givenUpBeforeRejoin = (turn: MemberTurn): readonly TopicPartition[] =>
  turn.config.rebalanceProtocol === 'eager' ? turn.state.assignment : unsubscribedPartitions(turn);

/** Sends JoinGroup; a client that looks for the coordinator anew does that first. */
export function join(turn: MemberTurn): void {
  turn.stopTimer('heartbeat');
  turn.set({ isLeader: false, assignedBy: null, isHeartbeatDue: false, isPrepared: true });
  // A client without a listener is not told, but it stops fetching: its partitions have no owner.
  if (turn.config.rebalanceProtocol === 'eager') turn.assign([]);
  if (turn.config.profile.findsCoordinatorToJoin && !turn.state.isCoordinatorFresh) {
    turn.request({ type: 'FindCoordinatorRequest', groupId: turn.config.groupId });
    return;
  }
  turn.request(joinRequest(turn));
  turn.set({ joinReason: null, joinedTopics: turn.state.subscription });
}

function joinRequest(turn: MemberTurn): JoinGroupRequest {
  const { config, memberId, generationId, subscription, assignment, joinReason } = turn.state;
  return {
    type: 'JoinGroupRequest',
    groupId: config.groupId,
    sessionTimeoutMs: config.sessionTimeoutMs,
    rebalanceTimeoutMs: config.rebalanceTimeoutMs,
    memberId,
    groupInstanceId: config.groupInstanceId,
    protocols: config.assignors.map((name) => ({
      name,
      metadata: {
        topics: [...subscription].sort(),
        ownedPartitions: assignment,
        generationId,
        rackId: null,
        userData: userDataFor(turn, name),
      },
    })),
    reason: joinReason,
  };
}

/** Source: StickyAssignor#subscriptionUserData, CooperativeStickyAssignor#subscriptionUserData. */
function userDataFor(turn: MemberTurn, name: string): StickyUserData | null {
  const memory = turn.state.assignorMemory.get(name);
  if (name === 'sticky' && memory !== undefined && memory.generationId !== null) {
    return { partitions: memory.partitions, generationId: memory.generationId };
  }
  if (name !== 'cooperative-sticky') return null;
  return { partitions: [], generationId: memory?.generationId ?? null };
}

/** The assignor that the group has settled on takes note of what this member got. */
function remember(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  const { protocolName, generationId, assignorMemory } = turn.state;
  if (protocolName === null) return;
  const highestGeneration = assignorMemory.get(protocolName)?.highestGeneration ?? -1;
  const memory = { partitions, generationId, highestGeneration };
  turn.set({ assignorMemory: new Map(assignorMemory).set(protocolName, memory) });
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
}

/** The client throws these from poll(); the application closes its consumer and ends. */
export function throwToApplication(turn: MemberTurn, answer: GroupResponse | null): void {
  const { errorCode } = existing(answer, 'answer that is thrown');
  turn.note({ kind: 'memberError', ...exceptionFor(errorCode) });
  turn.raise({ type: 'THROWN' });
}

/** As Kafka names its exceptions: FENCED_INSTANCE_ID becomes FencedInstanceIdException. */
export function exceptionFor(errorCode: ErrorCode): Thrown {
  const words = errorCode.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return {
    exception: `${words.join('')}Exception`,
    message: `The coordinator answered ${errorCode}.`,
  };
}

export function sync(turn: MemberTurn, answer: GroupResponse | null): void {
  const join = existing(answer?.type === 'JoinGroupResponse' ? answer : null, 'JoinGroup answer');
  const { config, generationId, memberId, protocolName } = turn.state;
  turn.request({
    type: 'SyncGroupRequest',
    groupId: config.groupId,
    generationId: existing(generationId, 'generation'),
    memberId: existing(memberId, 'member id'),
    groupInstanceId: config.groupInstanceId,
    protocolName: config.profile.namesProtocolInSync ? protocolName : null,
    assignments: turn.state.isLeader ? assignAll(turn, join) : [],
  });
}

const namesOfTopics = (answer: JoinGroupResponse): ReadonlySet<string> =>
  new Set(answer.members.flatMap(({ metadata }) => metadata.topics));

/** What the leader does between JoinGroup and SyncGroup: it runs the assignor for all. */
function assignAll(turn: MemberTurn, answer: JoinGroupResponse): readonly MemberAssignment[] {
  const topics = namesOfTopics(answer);
  const counts = new Map([...turn.state.metadata].filter(([topic]) => topics.has(topic)));
  turn.set({ assignedBy: counts });
  if (answer.skipAssignment) return [];
  const name = existing(answer.protocolName, 'assignor of the group');
  const assignor = existing(ASSIGNORS.get(name), name);
  const memory = turn.state.assignorMemory.get(name);
  const members = answer.members.map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    groupInstanceId,
    subscription: metadata,
  }));
  const highestGeneration = memory?.highestGeneration ?? -1;
  const claimed = members.map(({ subscription }) => claimedGeneration(subscription));
  turn.set({
    assignorMemory: new Map(turn.state.assignorMemory).set(name, {
      partitions: memory?.partitions ?? [],
      generationId: memory?.generationId ?? null,
      highestGeneration: Math.max(highestGeneration, ...claimed),
    }),
  });
  return [...assignor.assign(members, counts, highestGeneration)].map(([memberId, assignment]) => ({
    memberId,
    assignment,
  }));
}

/** The generation of what a member says it owns; -1 when it never got anything. */
const claimedGeneration = ({ generationId, userData }: Subscription): number =>
  generationId ?? userData?.generationId ?? -1;

/**
 * Its assignment has come. A cooperative member compares it with what it owns: what goes is revoked
 * first, and makes it rejoin once more, so that somebody else can have it.
 *
 * Source: AbstractCoordinator.SyncGroupResponseHandler, ConsumerCoordinator#onJoinComplete.
 */
export function onSyncGroupResponse(turn: MemberTurn, answer: SyncGroupResponse): void {
  if (turn.membershipState !== 'syncing') return;
  const { errorCode } = answer;
  const fits = answer.assignment.every(({ topic }) => turn.state.subscription.includes(topic));
  let owes: OwedCallback = null;
  if (errorCode === 'NONE') {
    turn.set({ isPrepared: false, joinReason: null });
    if (!fits) turn.set({ joinReason: 'received assignment does not match the subscription' });
    else {
      turn.set({ assigned: answer.assignment });
      if (withoutPartitions(turn.state.assignment, answer.assignment).length > 0) owes = 'revoked';
    }
  } else if (errorCode === 'REBALANCE_IN_PROGRESS') {
    turn.set({ joinReason: 'group is already rebalancing' });
  } else resetOn(turn, errorCode, 'SYNC_GROUP');
  turn.raise({ type: 'SYNC_ANSWERED', errorCode, owes, fits }, answer);
}

/**
 * Forgets what the coordinator says is over: the member id too when it is unknown, only the
 * generation when that is stale.
 */
function resetOn(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  if (errorCode === 'UNKNOWN_MEMBER_ID') turn.identify(null, null);
  else if (errorCode === 'ILLEGAL_GENERATION') turn.identify(turn.state.memberId, null);
  else if (errorCode === 'FENCED_INSTANCE_ID') turn.identify(null, null);
  else return;
  turn.set({ isPrepared: false });
  turn.set({ joinReason: `encountered ${errorCode} from ${api} response` });
}

/** A heartbeat or a commit was refused: the group has gone on without this member. */
export function onEvicted(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  resetOn(turn, errorCode, api);
  if (errorCode === 'FENCED_INSTANCE_ID') turn.set({ failure: exceptionFor(errorCode) });
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
export function leaveAfterPollTimeout(turn: MemberTurn, from: MembershipState): void {
  const request = leaveRequest(turn, from, 'consumer poll timeout has expired.');
  if (request !== null) turn.request(request);
  turn.stopTimer('heartbeat');
  turn.identify(null, null);
  turn.set({ joinReason: 'consumer pro-actively leaving the group', isPrepared: false });
}

/** The revoked callback before a rejoin; it may commit. */
export function callRevoked(turn: MemberTurn): void {
  enterRevoked(turn, givenUpBeforeRejoin(turn));
}

/** The revoked callback of a cooperative member: what it owns and is not to keep. */
export function callRevokedAfterSync(turn: MemberTurn): void {
  enterRevoked(turn, withoutPartitions(turn.state.assignment, turn.state.assigned));
}

function enterRevoked(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  turn.set({ givingUp: partitions });
  turn.note({ kind: 'callbackEntered', callback: 'revoked', partitions });
  const correlationId = turn.config.commitInRevoked ? turn.sendCommit() : null;
  if (correlationId === null) endCallback(turn, 'revoked');
  else turn.set({ application: { doing: 'callback', correlationId } });
}

export function callLost(turn: MemberTurn): void {
  const { assignment } = turn.state;
  turn.set({ givingUp: assignment });
  turn.note({ kind: 'callbackEntered', callback: 'lost', partitions: assignment });
  endCallback(turn, 'lost');
}

/** The listener returns; what it was told of is given up. */
export function endCallback(turn: MemberTurn, callback: 'revoked' | 'lost'): void {
  const { assignment, givingUp } = turn.state;
  turn.note({ kind: 'callbackLeft', callback });
  turn.assign(withoutPartitions(assignment, givingUp));
  turn.set({ application: { doing: 'polling' }, givingUp: [] });
  if (turn.membershipState === 'givingUp') {
    turn.set({ joinReason: 'need to revoke partitions and re-join' });
  }
  turn.raise({ type: 'CALLBACK_DONE' });
}

/** Source: ConsumerCoordinator#onJoinComplete: assignment first, then the callback. */
export function callAssigned(turn: MemberTurn): void {
  const { autoCommitIntervalMs, isAutoCommit, profile } = turn.config;
  const { assigned, assignment: owned } = turn.state;
  if (isAutoCommit && autoCommitIntervalMs !== null) {
    turn.startTimer('autoCommit', autoCommitIntervalMs);
  }
  turn.set({ isCommitDue: false });
  remember(turn, assigned);
  turn.assign(assigned);
  const partitions = withoutPartitions(turn.state.assignment, profile.hasListener ? owned : []);
  turn.note({ kind: 'callbackEntered', callback: 'assigned', partitions });
  turn.note({ kind: 'callbackLeft', callback: 'assigned' });
  turn.raise({ type: 'CALLBACK_DONE' });
}
