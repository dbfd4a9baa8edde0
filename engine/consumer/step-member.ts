import { assert, unreachable } from '../assert.ts';
import type { TopicMetadata } from '../protocol/facts.ts';
import type { GroupResponse } from '../protocol/messages.ts';
import { printPartition, type TopicPartition } from '../protocol/partitions.ts';
import type { Command } from '../scenarios/scenario.ts';
import { CLASSIC_RULES } from './classic-rules.ts';
import { onAutoCommitDue, wakeUp } from './commits.ts';
import { CONSUMER_PROTOCOL_RULES } from './consumer-protocol/rules.ts';
import {
  UNAVAILABLE,
  backOff,
  findCoordinator,
  onCoordinatorUnavailable,
} from './find-coordinator.ts';
import { onSessionOver, startHeartbeats } from './heartbeats.ts';
import {
  MemberTurn,
  type CausedEffect,
  type Member,
  type MemberInput,
  type MemberTimer,
} from './member.ts';
import { endProcess, noteOwnTopics, sync } from './membership.ts';
import { report } from './thrown.ts';
import { onFetched, onWorkDone, setPositions } from './poll-loop.ts';
import { onWorkersDue } from './workers.ts';
import { work } from './working.ts';
import { refusePendingAsync, sendPendingAsync } from './own-commits.ts';
import type { GroupProtocol } from '../protocol/config.ts';
import type { ProtocolRules } from './protocol-rules.ts';

const RULES: Readonly<Record<GroupProtocol, ProtocolRules>> = {
  classic: CLASSIC_RULES,
  consumer: CONSUMER_PROTOCOL_RULES,
};

const rulesOf = (turn: MemberTurn): ProtocolRules => RULES[turn.config.groupProtocol];

/**
 * Takes one input and returns the member after it, with what it asks for in order.
 *
 * @param cause the trace step that brought the input.
 */
export function stepMember(
  member: Member,
  input: MemberInput,
  nowMs: number,
  cause: number,
): { readonly member: Member; readonly effects: readonly CausedEffect[] } {
  const turn = new MemberTurn(member, nowMs, cause);
  hearOfAssignment(turn, input);
  if (isForApplication(turn, input) && !isFree(turn, input)) {
    turn.set({ waiting: [...turn.state.waiting, { input, cause }] });
  } else {
    turn.isOfHeartbeatThread = isForHeartbeatThread(turn, input);
    take(turn, input);
    carryOutActions(turn);
    turn.isOfHeartbeatThread = false;
  }
  goOn(turn);
  return { member: turn.state, effects: turn.effects };
}

/** The application thread takes up what has waited for it, then goes on with poll(). */
function goOn(turn: MemberTurn): void {
  for (;;) {
    const [first, ...rest] = turn.state.waiting;
    const { doing } = turn.state.application;
    if (first === undefined || (doing !== 'polling' && doing !== 'idling')) break;
    if (waitsForRejoin(turn, first.input)) break;
    turn.set({ waiting: rest });
    turn.cause = first.cause;
    take(turn, first.input);
    carryOutActions(turn);
  }
  rulesOf(turn).goOn(turn);
  carryOutActions(turn);
}

/** Carries out what the machine has asked for, and what that makes it ask for in turn. */
function carryOutActions(turn: MemberTurn): void {
  for (;;) {
    const action = turn.actions.shift();
    if (action === undefined) return;
    rulesOf(turn).carryOut(turn, action);
  }
}

/** What begins with an assignment, whether or not the application is there to be told of it. */
function hearOfAssignment(turn: MemberTurn, input: MemberInput): void {
  if (input.type !== 'response' || input.message.type !== 'SyncGroupResponse') return;
  if (turn.membershipState === 'syncing' && input.message.errorCode === 'NONE') {
    startHeartbeats(turn);
  }
}

/** Inputs that only the application thread can take, between or inside its polls. */
function isForApplication(turn: MemberTurn, input: MemberInput): boolean {
  switch (input.type) {
    case 'command':
      return !NOT_FOR_APPLICATION.includes(input.command.do);
    case 'response':
      return isAnswerForApplication(turn, input.message);
    case 'fetched':
    case 'offsetsListed':
    case 'checkpointsLoaded':
      return true;
    case 'memberId':
    case 'timer':
    case 'metadata':
    case 'disconnected':
    case 'connectionLost':
    case 'thawed':
      return false;
    default:
      return unreachable(input, 'isForApplication');
  }
}

/**
 * What a heartbeat thread takes up: its clocks, the answers to its heartbeats, and the coordinator while
 * the application is not in poll().
 */
function isForHeartbeatThread(turn: MemberTurn, input: MemberInput): boolean {
  const { profile, groupProtocol } = turn.config;
  if (profile.heartbeatsFrom !== 'thread' || groupProtocol !== 'classic') return false;
  const { application, requests } = turn.state;
  const isAway = application.doing !== 'polling' && application.doing !== 'closing';
  switch (input.type) {
    case 'timer':
      return HEARTBEAT_CLOCKS.includes(input.timer) || (input.timer === 'retry' && isAway);
    case 'response':
      return (
        input.message.type === 'HeartbeatResponse' ||
        (input.message.type === 'FindCoordinatorResponse' && isAway)
      );
    case 'disconnected': {
      const type = requests.get(input.correlationId)?.request.type;
      return type === 'HeartbeatRequest' || (type === 'FindCoordinatorRequest' && isAway);
    }
    default:
      return false;
  }
}

const HEARTBEAT_CLOCKS: readonly MemberTimer[] = ['heartbeat', 'ownSession', 'poll'];

/** What is done to it, not by it. */
const NOT_FOR_APPLICATION: readonly Command['do'][] = ['start', 'crash', 'wakeup'];

/** A client that joins beside its application needs it only for the calls that SyncGroup brings. */
function isAnswerForApplication(turn: MemberTurn, message: GroupResponse): boolean {
  const joinsInPoll = turn.config.profile.joinsFrom === 'poll';
  switch (message.type) {
    case 'JoinGroupResponse':
      return joinsInPoll;
    case 'SyncGroupResponse':
      return joinsInPoll || message.errorCode === 'NONE';
    default:
      return message.type === 'OffsetFetchResponse';
  }
}

/**
 * kafkajs's disconnect() in the middle of a rejoin waits until that is done.
 *
 * Source: kafkajs 2.2.4, consumer/runner.js: stop, waitForConsumer.
 */
const waitsForRejoin = (turn: MemberTurn, input: MemberInput): boolean =>
  input.type === 'command' &&
  input.command.do === 'close' &&
  turn.config.profile.closesAfterRejoin &&
  turn.state.assignorMemory.size > 0 &&
  ['joining', 'syncing', 'retrying'].includes(turn.membershipState);

function isFree(turn: MemberTurn, input: MemberInput): boolean {
  if (waitsForRejoin(turn, input)) return false;
  const { doing } = turn.state.application;
  // A closing application throws away what still comes; a process that starts takes nothing yet.
  return (
    doing === 'polling' || doing === 'idling' || (doing === 'closing' && input.type !== 'command')
  );
}

function take(turn: MemberTurn, input: MemberInput): void {
  switch (input.type) {
    case 'command':
      onCommand(turn, input.command);
      return;
    case 'memberId':
      turn.identify(input.memberId, null);
      return;
    case 'timer':
      onTimer(turn, input.timer);
      return;
    case 'response':
      onResponse(turn, input);
      return;
    case 'disconnected':
      onDisconnected(turn, input.correlationId, input.isUnreachable);
      return;
    case 'connectionLost':
      onConnectionLost(turn);
      return;
    case 'thawed':
      onThawed(turn, input.frozenMs);
      return;
    case 'fetched':
      onFetched(turn, input.fetchId, input.batches);
      return;
    case 'offsetsListed':
      setPositions(turn, input.positions);
      return;
    case 'checkpointsLoaded':
      setPositions(turn, input.positions);
      turn.set({ areOffsetsAsked: false });
      return;
    case 'metadata':
      onMetadata(turn, input.topics);
      return;
    default:
      unreachable(input, 'take');
  }
}

function onCommand(turn: MemberTurn, command: Command): void {
  switch (command.do) {
    case 'start':
      turn.raise({ type: 'START' });
      return;
    case 'close':
      turn.set({ closeOperation: command.groupMembershipOperation ?? 'DEFAULT' });
      turn.raise({ type: 'CLOSE' });
      return;
    case 'wakeup':
      wakeUp(turn);
      return;
    case 'crash':
      turn.raise({ type: 'CRASH' });
      endProcess(turn, null);
      return;
    case 'stall':
      if (turn.config.profile.stallsIn === 'handler') turn.set({ stallMs: command.forMs });
      else work(turn, [], command.forMs);
      return;
    case 'pause':
      turn.set({
        paused: new Set([...turn.state.paused, ...turn.state.assignment.map(printPartition)]),
        buffer: [],
        isFetching: false,
      });
      return;
    case 'resume': {
      const resumed = new Set(turn.state.assignment.map(printPartition));
      const paused = new Set([...turn.state.paused].filter((name) => !resumed.has(name)));
      turn.set({ paused, isFetching: false });
      return;
    }
    case 'commit':
      rulesOf(turn).commitSync(turn);
      return;
    case 'subscribe':
      changeSubscription(turn, command.topics);
      return;
    case 'unsubscribe':
      turn.raise({ type: 'UNSUBSCRIBE' });
      return;
    case 'enforceRebalance':
      rulesOf(turn).enforceRebalance(turn);
      return;
    default:
      throw new Error(`bug: ${command.do} reached a member that cannot do it`);
  }
}

function onTimer(turn: MemberTurn, timer: MemberTimer): void {
  switch (timer) {
    case 'startUp':
      startUp(turn);
      return;
    case 'heartbeat':
      rulesOf(turn).onHeartbeatDue(turn);
      return;
    case 'ownSession':
      onSessionOver(turn);
      return;
    case 'poll':
      rulesOf(turn).onPollTimeout(turn);
      return;
    case 'autoCommit':
      onAutoCommitDue(turn);
      return;
    case 'work':
      onWorkDone(turn);
      return;
    case 'retry':
      turn.set({ isBackingOff: false });
      rulesOf(turn).onRetry(turn);
      return;
    case 'metadata':
      if (turn.config.profile.heartbeatsFrom === 'loop') turn.set({ isMetadataDue: true });
      else turn.askMetadata();
      return;
    case 'close':
      turn.raise({ type: 'COMMIT_SETTLED', owes: null });
      return;
    case 'workers':
      onWorkersDue(turn);
      return;
    case 'checkpoint':
      turn.set({ isCheckpointDue: true });
      return;
    default:
      unreachable(timer, 'onTimer');
  }
}

/** The client is there; its constructor may have refused its configuration. */
function startUp(turn: MemberTurn): void {
  const { profile } = turn.config;
  const [problem] = profile.constructorChecks.flatMap((check) => check(turn.config) ?? []);
  if (problem !== undefined) {
    report(turn, { ...problem, isFatal: true });
    return;
  }
  turn.note({ kind: 'memberReady' });
  turn.set({ application: { doing: 'polling' }, subscription: turn.config.topics });
  turn.askMetadata();
  if (profile.autoCommitsFrom === 'thread') turn.startAutoCommits();
  rulesOf(turn).onReady(turn);
  turn.raise({ type: 'READY' });
}

function onResponse(
  turn: MemberTurn,
  { correlationId, message }: Extract<MemberInput, { type: 'response' }>,
): void {
  const sent = turn.settle(correlationId);
  switch (message.type) {
    case 'FindCoordinatorResponse':
      if (message.errorCode === 'NONE') onCoordinatorFound(turn);
      else onCoordinatorNotFound(turn);
      return;
    case 'OffsetFetchResponse': {
      if (message.errorCode !== 'NONE') {
        turn.set({ areOffsetsAsked: false });
        const isUnavailable = UNAVAILABLE.includes(message.errorCode);
        if (isUnavailable) onCoordinatorUnavailable(turn);
        const isLoading = message.errorCode === 'COORDINATOR_LOAD_IN_PROGRESS';
        if (isUnavailable || isLoading) backOff(turn);
        return;
      }
      const known = message.offsets.flatMap(({ topic, partition, committedOffset }) =>
        committedOffset === null ? [] : [{ topic, partition, offset: committedOffset }],
      );
      setPositions(turn, known);
      const partitions = message.offsets
        .filter(({ committedOffset }) => committedOffset === null)
        .map(({ topic, partition }) => ({ topic, partition }));
      const at = turn.config.offsetReset;
      if (partitions.length === 0) return;
      if (at === 'none') throwNoOffset(turn, partitions);
      else turn.want({ type: 'listOffsets', at, partitions });
      return;
    }
    default:
      rulesOf(turn).onResponse(turn, sent, correlationId, message);
  }
}

/**
 * The process goes on after it was frozen in poll(): the thread beside the application finds first that
 * nobody has polled for too long, unless it finds before that the session is over, and looks for the
 * coordinator.
 *
 * Source: AbstractCoordinator.HeartbeatThread#run; AbstractHeartbeatRequestManager#poll.
 */
function onThawed(turn: MemberTurn, frozenMs: number): void {
  const { maxPollIntervalMs, sessionTimeoutMs, profile, groupProtocol } = turn.config;
  const { application, lastHeartbeatOkMs } = turn.state;
  if (!profile.missesPollsFrozen || maxPollIntervalMs === null) return;
  if (application.doing !== 'polling' || frozenMs < maxPollIntervalMs) return;
  const isSilent = turn.nowMs - lastHeartbeatOkMs >= sessionTimeoutMs;
  if (groupProtocol === 'classic' && isSilent) return;
  rulesOf(turn).onPollMissed(turn);
}

function onMetadata(turn: MemberTurn, topics: readonly TopicMetadata[]): void {
  assert(turn.membershipState !== 'down', 'a process that is down sees no metadata');
  const seen = new Map(topics.map(({ name, partitions }) => [name, partitions]));
  const { metadata } = turn.state;
  const isNews = topics.some(({ name, partitions }) => metadata.get(name) !== partitions);
  if (isNews) turn.note({ kind: 'metadataSeen', topics });
  const { assigningFor } = turn.state;
  const replicaRacks = new Map(
    topics.flatMap(({ name, racks }) => (racks === undefined ? [] : [[name, racks]])),
  );
  const partitionOrders = new Map(
    topics.flatMap(({ name, order }) => (order === undefined ? [] : [[name, order]])),
  );
  turn.set({ assigningFor: null, isMetadataAsked: false, replicaRacks, partitionOrders });
  // What librdkafka asks for its assignor does not tell the member itself of new partitions.
  if (assigningFor === null || turn.config.profile.assignsBy !== 'askedMetadata') {
    takeMetadata(turn, seen);
  }
  if (assigningFor !== null && turn.membershipState === 'syncing') sync(turn, assigningFor, seen);
}

function takeMetadata(turn: MemberTurn, metadata: ReadonlyMap<string, number>): void {
  turn.set({ metadata });
  turn.startTimer('metadata', turn.config.metadataMaxAgeMs);
  noteOwnTopics(turn);
}

function onCoordinatorFound(turn: MemberTurn): void {
  turn.set({ isCoordinatorKnown: true, isCoordinatorFresh: true, failedSearches: 0 });
  rulesOf(turn).onCoordinatorFound(turn);
  sendPendingAsync(turn);
}

function onCoordinatorNotFound(turn: MemberTurn): void {
  refusePendingAsync(turn);
  backOff(turn);
}

/** Source: SubscriptionState#resetInitializingPositions. */
function throwNoOffset(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  report(turn, {
    exception: 'NoOffsetForPartitionException',
    message: `Undefined offset with no reset policy for partitions: [${partitions.map(printPartition).join(', ')}]`,
    isFatal: true,
  });
}

/** A request is lost with its connection, and so is what is known of the coordinator. */
function onDisconnected(turn: MemberTurn, correlationId: number, isUnreachable: boolean): void {
  const isAnswered = turn.state.waiting.some(
    ({ input }) => input.type === 'response' && input.correlationId === correlationId,
  );
  if (isAnswered || !turn.state.requests.has(correlationId)) return;
  const { request } = turn.settle(correlationId);
  onCoordinatorUnavailable(turn);
  // Source: NetworkClient.DefaultMetadataUpdater#handleServerDisconnect.
  if (turn.config.profile.refreshesMetadata) turn.askMetadata();
  if (turn.config.profile.rebootstraps && isUnreachable) turn.set({ isMetadataLost: true });
  if (request.type === 'FindCoordinatorRequest') onCoordinatorNotFound(turn);
  else if (request.type === 'OffsetFetchRequest') turn.set({ areOffsetsAsked: false });
  else rulesOf(turn).onDisconnected(turn, request, correlationId);
}

/**
 * Connections break on which the member waits for nothing: Java's classic consumer finds the coordinator
 * unavailable in its next poll() and looks for it; the others find out when they send something.
 *
 * Source: AbstractCoordinator#checkAndGetCoordinator, ConsumerNetworkClient#isUnavailable.
 */
function onConnectionLost(turn: MemberTurn): void {
  const { profile, groupProtocol } = turn.config;
  const { isCoordinatorKnown, application } = turn.state;
  if (!profile.refreshesMetadata || groupProtocol !== 'classic' || !isCoordinatorKnown) return;
  onCoordinatorUnavailable(turn);
  turn.askMetadata();
  if (application.doing === 'polling' && turn.membershipState === 'stable') findCoordinator(turn);
}

/**
 * subscribe(): what was fetched of topics that are gone is dropped at once; the rest waits for the
 * next poll().
 */
function changeSubscription(turn: MemberTurn, topics: readonly string[]): void {
  const buffer = turn.state.buffer.filter(({ partition }) => topics.includes(partition.topic));
  const { subscription } = turn.state;
  const isNew =
    topics.length !== subscription.length || topics.some((topic) => !subscription.includes(topic));
  turn.set({ subscription: topics, buffer, isFetching: false });
  const { profile, rebalanceProtocol } = turn.config;
  if (profile.rejoinsForSameTopics && rebalanceProtocol === 'eager') turn.set({ joinedTopics: [] });
  if (isNew && turn.config.profile.refreshesMetadata) turn.askMetadata();
  rulesOf(turn).onSubscribed(turn);
}
