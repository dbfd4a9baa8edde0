import { existing } from '../assert.ts';
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
import { startCheckpoints } from './checkpoints.ts';
import {
  commitAfterCallback,
  commitInLost,
  endUnsubscribe,
  hasSomethingToLose,
  leaveRequest,
} from './leaving.ts';
import { leaveCall, takeThrow, workInRevoked } from './listener.ts';
import { work } from './working.ts';
import type { OwedCallback } from './member-machine.ts';
import { newMember, type MemberTurn } from './member.ts';
import { errorFor, failForGood, report } from './thrown.ts';
import type { MembershipState } from './step-machine.ts';

/**
 * The process is gone, and with it all that it knew. What was under way for it is told apart by its
 * numbers from what the next process asks for, so these go on.
 */
export function endProcess(turn: MemberTurn, code: number | null): void {
  turn.assign([]);
  turn.identify(null, null);
  const { membership, nextCorrelationId, fetchId } = turn.state;
  turn.set({ ...newMember(turn.config), membership, nextCorrelationId, fetchId });
  turn.note({ kind: 'memberExit', code });
}

/**
 * The call that the application is owed before a rejoin, once in a rebalance: an eager member gives
 * up everything, also when it holds nothing; a cooperative one what it no longer subscribes to.
 *
 * A call that was owed when the member was told to rejoin stays what it was, where the client had
 * queued it for the next poll(): a member that is evicted meanwhile hears revoked.
 *
 * Source: ConsumerCoordinator#onJoinPrepare; rdkafka_cgrp.c, rd_kafka_cgrp_revoke_all_rejoin_maybe.
 */
export function owedCallback(turn: MemberTurn): OwedCallback {
  const { config, memberId, generationId, isPrepared, isRevokedOwed } = turn.state;
  if (!config.profile.hasListener || isPrepared) return null;
  if (isRevokedOwed) return 'revoked';
  if (memberId === null || generationId === null) return hasSomethingToLose(turn) ? 'lost' : null;
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

/**
 * Sends JoinGroup; a client that looks for the coordinator anew does that first, and one that pauses
 * between two of them waits.
 */
export function join(turn: MemberTurn): void {
  const { profile, groupId, rebalanceProtocol } = turn.config;
  turn.stopTimer('heartbeat');
  turn.stopTimer('ownSession');
  turn.set({
    isLeader: false,
    isMetadataLost: false,
    assignedBy: null,
    isHeartbeatDue: false,
    isPrepared: true,
    isAssignedAgain: false,
  });
  // A client without a listener is not told, but it stops fetching: its partitions have no owner.
  if (rebalanceProtocol === 'eager') {
    turn.assign([]);
    turn.set({ isAssigned: false });
  }
  const isAskingStill = turn.isAsking('JoinGroupRequest') || turn.isAsking('SyncGroupRequest');
  if (isAskingStill && profile.awaitsLastJoin) {
    turn.set({ isJoinHeldUp: true });
    return;
  }
  const { isCoordinatorKnown, isCoordinatorFresh } = turn.state;
  if (!isCoordinatorKnown || (profile.findsCoordinatorToJoin && !isCoordinatorFresh)) {
    const isAsking = turn.isAsking('FindCoordinatorRequest');
    if (!isAsking) turn.request({ type: 'FindCoordinatorRequest', groupId });
    return;
  }
  const pauseMs = turn.state.mayJoinAtMs - turn.nowMs;
  if (pauseMs > 0) {
    turn.set({ isBackingOff: true });
    turn.startTimer('retry', pauseMs);
    return;
  }
  turn.request(joinRequest(turn));
  turn.set({
    mayJoinAtMs: turn.nowMs + profile.joinPauseMs,
    joinedTopics: turn.state.subscription,
    assignedBy: profile.watchesTopics === 'everyMember' ? countsOfOwnTopics(turn) : null,
  });
}

function countsOfOwnTopics(turn: MemberTurn): ReadonlyMap<string, number> {
  const { metadata, subscription } = turn.state;
  return new Map([...metadata].filter(([topic]) => subscription.includes(topic)));
}

/** New metadata has come that a member asked for because it was given partitions it did not know of. */
export function noteOwnTopics(turn: MemberTurn): void {
  const { assignedBy, joinedTopics } = turn.state;
  const isMissing = assignedBy === null && joinedTopics !== null;
  if (isMissing && turn.config.profile.watchesTopics === 'everyMember') {
    turn.set({ assignedBy: countsOfOwnTopics(turn) });
  }
}

/**
 * Some clients look at the cluster again when they are given partitions that they have not heard of.
 *
 * Source: kafkajs 2.2.4, consumer/consumerGroup.js, SYNC.
 */
function lookForUnknownPartitions(turn: MemberTurn): void {
  const { assigned, metadata } = turn.state;
  const isAware = assigned.every(({ topic, partition }) => partition < (metadata.get(topic) ?? 0));
  if (isAware || turn.config.profile.assignsBy !== 'refreshedMetadata') return;
  turn.set({ assignedBy: null });
  turn.want({ type: 'refreshMetadata' });
}

function joinRequest(turn: MemberTurn): JoinGroupRequest {
  const { config, memberId, subscription, assignment, joinReason } = turn.state;
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
        rackId: config.rackId,
        ...claimFor(turn, name),
      },
    })),
    reason: config.profile.givesReasons ? joinReason : null,
  };
}

/**
 * What a subscription says of the past. librdkafka's says nothing but what its sticky assignor has
 * noted, and that in full; kafkajs's, of the oldest version, says nothing.
 *
 * Source: rdkafka_sticky_assignor.c, rd_kafka_sticky_assignor_get_metadata; recordings.
 */
function claimFor(turn: MemberTurn, name: string): Pick<Subscription, 'generationId' | 'userData'> {
  const { config, generationId, assignorMemory } = turn.state;
  if (config.profile.claimsGenerationOf === 'member') {
    return { generationId, userData: userDataFor(turn, name) };
  }
  const isNoted = config.profile.claimsGenerationOf === 'stickyAssignor';
  const isSticky = isNoted && name === 'cooperative-sticky';
  const memory = isSticky ? assignorMemory.get(name) : undefined;
  if (memory === undefined) return { generationId: null, userData: null };
  const { partitions, generationId: noted } = memory;
  return { generationId: noted, userData: { partitions, generationId: noted } };
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
    const { profile, heartbeatIntervalMs } = turn.config;
    turn.identify(memberId, answer.generationId);
    turn.set({
      isCoordinatorFresh: false,
      protocolName: answer.protocolName,
      isLeader: answer.leader === memberId,
      lastHeartbeatOkMs: turn.nowMs,
    });
    if (profile.heartbeatClock === 'fromJoin') turn.startTimer('heartbeat', heartbeatIntervalMs);
  } else if (errorCode === 'MEMBER_ID_REQUIRED') {
    turn.identify(memberId, null);
    turn.set({
      mayJoinAtMs: turn.nowMs,
      joinReason: `need to re-join with the given member-id: ${memberId ?? ''}`,
    });
  } else {
    const { joinPauseMs, refusedJoinPauseMs } = turn.config.profile;
    // A JoinGroup that was refused makes the pause twice as long (rd_kafka_cgrp_handle_JoinGroup).
    const mayJoinAtMs = turn.state.mayJoinAtMs + joinPauseMs;
    turn.set({ mayJoinAtMs: Math.max(mayJoinAtMs, turn.nowMs + refusedJoinPauseMs) });
    resetOn(turn, errorCode, 'JOIN_GROUP');
    turn.set({ joinReason: failureReason(turn, errorCode) });
  }
  turn.raise({ type: 'JOIN_ANSWERED', errorCode }, answer);
}

/**
 * The client throws these from poll(), and the application closes its consumer and ends. librdkafka
 * only reports them, unless they are fatal, and joins again by itself.
 */
export function throwToApplication(turn: MemberTurn, answer: GroupResponse | null): void {
  const { errorCode } = existing(answer, 'answer that is thrown');
  report(turn, errorFor(turn, errorCode));
  failForGood(turn, errorCode);
}

/** Why it joins again after a try that failed; source: AbstractCoordinator#joinGroupIfNeeded. */
const failureReason = (turn: MemberTurn, errorCode: ErrorCode): string =>
  `rebalance failed due to ${errorFor(turn, errorCode).exception}`;

/** A leader assigns for all; some clients look at the cluster once more before. */
export function beginSync(turn: MemberTurn, answer: GroupResponse | null): void {
  const join = existing(answer?.type === 'JoinGroupResponse' ? answer : null, 'JoinGroup answer');
  const isWaiting = turn.state.isLeader && needsMetadata(turn, join);
  turn.set({ assigningFor: isWaiting ? join : null });
  if (!isWaiting) sync(turn, join, turn.state.metadata);
  else if (turn.config.profile.assignsBy === 'ownMetadata') turn.askMetadata();
  else turn.want({ type: 'refreshMetadata' });
}

/**
 * A leader of Java's client waits for metadata that is on its way, and asks for it when the group
 * subscribes to topics that it does not.
 *
 * Source: ConsumerCoordinator#updateGroupSubscription, SubscriptionState#groupSubscribe.
 */
function needsMetadata(turn: MemberTurn, join: JoinGroupResponse): boolean {
  const { subscription, isMetadataAsked, config } = turn.state;
  if (config.profile.assignsBy !== 'ownMetadata') return true;
  if (!config.profile.refreshesMetadata) return false;
  return isMetadataAsked || [...namesOfTopics(join)].some((name) => !subscription.includes(name));
}

/** @param metadata partition counts by topic, by which a leader assigns. */
export function sync(
  turn: MemberTurn,
  join: JoinGroupResponse,
  metadata: ReadonlyMap<string, number>,
): void {
  const { config, generationId, memberId, protocolName } = turn.state;
  turn.request({
    type: 'SyncGroupRequest',
    groupId: config.groupId,
    generationId: existing(generationId, 'generation'),
    memberId: existing(memberId, 'member id'),
    groupInstanceId: config.groupInstanceId,
    protocolName: config.profile.namesProtocolInSync ? protocolName : null,
    assignments: turn.state.isLeader ? assignAll(turn, join, metadata) : [],
  });
}

const namesOfTopics = (answer: JoinGroupResponse): ReadonlySet<string> =>
  new Set(answer.members.flatMap(({ metadata }) => metadata.topics));

/** How many partitions each topic has that a leader deals out. */
function countsToAssign(
  turn: MemberTurn,
  answer: JoinGroupResponse,
  metadata: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  if (turn.config.profile.assignsTopicsOf === 'leader') {
    return new Map(turn.state.subscription.map((topic) => [topic, metadata.get(topic) ?? 0]));
  }
  const topics = namesOfTopics(answer);
  return new Map([...metadata].filter(([topic]) => topics.has(topic)));
}

/** What the leader does between JoinGroup and SyncGroup: it runs the assignor for all. */
function assignAll(
  turn: MemberTurn,
  answer: JoinGroupResponse,
  metadata: ReadonlyMap<string, number>,
): readonly MemberAssignment[] {
  const counts = countsToAssign(turn, answer, metadata);
  const { watchesTopics } = turn.config.profile;
  turn.set({ assignedBy: watchesTopics === 'leader' ? counts : countsOfOwnTopics(turn) });
  if (answer.skipAssignment) return [];
  const name = existing(answer.protocolName, 'assignor of the group');
  const assignor = existing(turn.config.profile.assignors.get(name), name);
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
  const { replicaRacks, partitionOrders } = turn.state;
  const context = { highestGeneration, replicaRacks, partitionOrders };
  const assigned = assignor.assign(members, counts, context);
  return [...assigned].map(([memberId, assignment]) => ({ memberId, assignment }));
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
  const { onForeignTopic, refusedJoinPauseMs } = turn.config.profile;
  const own = answer.assignment.filter(({ topic }) => turn.state.subscription.includes(topic));
  const fits = onForeignTopic !== 'rejoin' || own.length === answer.assignment.length;
  let owes: OwedCallback = null;
  if (errorCode === 'NONE') {
    turn.set({
      isPrepared: false,
      hasJoined: true,
      joinReason: turn.state.reasonBehindSync,
    });
    if (!fits)
      turn.set({ joinReason: 'received assignment does not match the current subscription' });
    else {
      const assigned = onForeignTopic === 'drop' ? own : answer.assignment;
      turn.set({ assigned });
      if (withoutPartitions(turn.state.assignment, assigned).length > 0) owes = 'revoked';
    }
  } else {
    const { mayJoinAtMs } = turn.state;
    if (errorCode === 'REBALANCE_IN_PROGRESS') {
      turn.set({ mayJoinAtMs: Math.max(mayJoinAtMs, turn.nowMs + refusedJoinPauseMs) });
    } else resetOn(turn, errorCode, 'SYNC_GROUP');
    turn.set({ joinReason: failureReason(turn, errorCode) });
  }
  turn.set({ reasonBehindSync: null });
  turn.raise({ type: 'SYNC_ANSWERED', errorCode, owes, fits }, answer);
}

/**
 * Forgets what the coordinator says is over: the member id too when it is unknown, only the
 * generation when that is stale.
 */
function resetOn(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  const { forgetsGeneration } = turn.config.profile;
  if (errorCode === 'UNKNOWN_MEMBER_ID') {
    turn.identify(null, forgetsGeneration ? null : turn.state.generationId);
  } else if (errorCode === 'ILLEGAL_GENERATION') turn.identify(turn.state.memberId, null);
  else if (errorCode === 'FENCED_INSTANCE_ID') turn.identify(null, null);
  else return;
  turn.set({ isPrepared: false });
  turn.set({ joinReason: `encountered ${errorCode} from ${api} response` });
}

/** A heartbeat or a commit was refused: the group has gone on without this member. */
export function onEvicted(turn: MemberTurn, errorCode: ErrorCode, api: string): void {
  resetOn(turn, errorCode, api);
  if (errorCode === 'FENCED_INSTANCE_ID') turn.set({ failure: errorFor(turn, errorCode) });
  turn.stopTimer('heartbeat');
  turn.stopTimer('ownSession');
  if (failForGood(turn, errorCode)) return;
  // A call that poll() has chosen goes on, and so does what follows it in that poll().
  const isInCall = turn.membershipState === 'givingUp';
  if (!isInCall || turn.config.profile.choosesCallback === 'whenTold')
    turn.raise({ type: 'EVICTED' });
}

/**
 * Its assignment has come while the application is busy: to the heartbeat thread the member is settled.
 *
 * Source: AbstractCoordinator.HeartbeatThread#run, which polls the network.
 */
const isSyncWaiting = (turn: MemberTurn): boolean =>
  turn.state.waiting.some(
    ({ input }) =>
      input.type === 'response' &&
      input.message.type === 'SyncGroupResponse' &&
      input.message.errorCode === 'NONE',
  );

export function onToldToRejoin(turn: MemberTurn, reason: string): void {
  if (turn.membershipState === 'stable' || turn.membershipState === 'assigning') {
    const { profile, rebalanceProtocol } = turn.config;
    const isQueued = profile.choosesCallback === 'whenTold' && rebalanceProtocol === 'eager';
    turn.set({ joinReason: reason, isRevokedOwed: isQueued });
  } else if (turn.membershipState === 'syncing' && isSyncWaiting(turn)) {
    turn.set({ reasonBehindSync: reason });
  }
  turn.raise({ type: 'TOLD_TO_REJOIN' });
}

/**
 * The answer is not waited for. librdkafka has an error ready for the next poll() besides.
 *
 * Source: AbstractCoordinator.HeartbeatThread, maybeLeaveGroup; rdkafka_cgrp.c,
 * rd_kafka_cgrp_max_poll_interval_check_tmr_cb.
 */
export function leaveAfterPollTimeout(turn: MemberTurn, from: MembershipState): void {
  const { profile, maxPollIntervalMs } = turn.config;
  const request = leaveRequest(turn, from, 'consumer poll timeout has expired.');
  if (request !== null) turn.request(request);
  if (profile.errors === 'reported') {
    const message = `Application maximum poll interval (${maxPollIntervalMs ?? 0}ms) exceeded`;
    turn.set({ failure: { exception: '_MAX_POLL_EXCEEDED', message, isFatal: false } });
  }
  turn.stopTimer('heartbeat');
  turn.stopTimer('ownSession');
  turn.identify(null, profile.forgetsGeneration ? null : turn.state.generationId);
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
  const correlationId = workInRevoked(turn, partitions);
  if (correlationId === null) endCallback(turn, 'revoked');
  else turn.set({ application: { doing: 'callback', correlationId } });
}

/** The lost callback before a rejoin. */
export function callLost(turn: MemberTurn): void {
  const { assignment } = turn.state;
  turn.set({ givingUp: assignment });
  turn.note({ kind: 'callbackEntered', callback: 'lost', partitions: assignment });
  commitInLost(turn);
  endCallback(turn, 'lost');
}

/**
 * The listener returns; what it was told of is given up, by some clients with a last commit.
 *
 * Source: ConsumerCoordinator#invokePartitionsRevoked; rdkafka_assignment.c,
 * rd_kafka_assignment_serve_removals.
 */
export function endCallback(turn: MemberTurn, callback: 'revoked' | 'lost'): void {
  const { assignment, givingUp } = turn.state;
  leaveCall(turn, callback);
  if (turn.state.closingFrom !== null) {
    endUnsubscribe(turn);
    return;
  }
  const isCommitting = commitAfterCallback(turn, givingUp) !== null;
  turn.assign(withoutPartitions(assignment, givingUp));
  turn.set({
    application: { doing: 'polling' },
    givingUp: [],
    isAssigned: turn.membershipState === 'givingUp',
    isPrepared: turn.membershipState !== 'givingUp',
    isRevokedOwed: false,
    mayJoinAtMs: turn.nowMs,
  });
  if (turn.membershipState === 'givingUp') {
    turn.set({ joinReason: 'need to revoke partitions and re-join' });
  } else if (takeThrow(turn) && throwFromPoll(turn)) return;
  turn.raise({ type: 'CALLBACK_DONE', isCommitting, isEvicted: isEvicted(turn) });
}

/**
 * poll() throws what the listener has thrown: the application ends, or polls again.
 *
 * @returns whether it ends.
 */
function throwFromPoll(turn: MemberTurn): boolean {
  const isFatal = turn.config.listenerThrows?.then === 'end';
  const message = 'User rebalance callback throws an error';
  report(turn, { exception: 'KafkaException', message, isFatal });
  return isFatal;
}

/** Until an application that an exception does not end polls again. */
const AFTER_EXCEPTION_MS = 1_000;

/**
 * Source: ConsumerCoordinator#onJoinComplete: assignment first, then the callback. When that throws,
 * or the revoked call before it has, the next poll() does it once more, with nothing to add.
 */
export function callAssigned(turn: MemberTurn): void {
  const { profile } = turn.config;
  const { assigned, assignment: owned } = turn.state;
  if (profile.autoCommitsFrom === 'poll') turn.startAutoCommits();
  turn.set({ isCommitDue: false, isAssigned: true });
  startCheckpoints(turn);
  remember(turn, assigned);
  lookForUnknownPartitions(turn);
  turn.assign(assigned);
  const partitions = withoutPartitions(turn.state.assignment, profile.hasListener ? owned : []);
  turn.note({ kind: 'callbackEntered', callback: 'assigned', partitions });
  leaveCall(turn, 'assigned');
  const hasThrown = takeThrow(turn);
  turn.set({ isAssignedAgain: hasThrown });
  if (!hasThrown) {
    turn.raise({ type: 'CALLBACK_DONE', isCommitting: false, isEvicted: isEvicted(turn) });
  } else if (!throwFromPoll(turn)) work(turn, [], AFTER_EXCEPTION_MS);
}

/** The group has gone on without it during the call. */
const isEvicted = ({ state }: MemberTurn): boolean =>
  state.memberId === null || state.generationId === null;
