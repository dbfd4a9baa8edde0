import { assert, unreachable } from '../assert.ts';
import type { TopicMetadata } from '../protocol/facts.ts';
import { printPartition } from '../protocol/partitions.ts';
import type { Command } from '../scenarios/scenario.ts';
import { commitSync, onAutoCommitDue, onOffsetCommitResponse } from './commits.ts';
import {
  onHeartbeatDue,
  onHeartbeatResponse,
  onPollTimeout,
  sendDueHeartbeat,
} from './heartbeats.ts';
import {
  MemberTurn,
  type CausedEffect,
  type Member,
  type MemberInput,
  type MemberTimer,
} from './member.ts';
import {
  endProcess,
  onJoinGroupResponse,
  onSyncGroupResponse,
  onToldToRejoin,
  join,
} from './membership.ts';
import { carryOutActions } from './membership-actions.ts';
import { onFetched, onWorkDone, poll, setPositions, work } from './poll-loop.ts';

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
  if (isForApplication(input) && !isFree(turn, input)) {
    turn.set({ waiting: [...turn.state.waiting, { input, cause }] });
  } else {
    take(turn, input);
    carryOutActions(turn);
  }
  goOn(turn);
  return { member: turn.state, effects: turn.effects };
}

/** The application thread takes up what has waited for it, then goes on with poll(). */
function goOn(turn: MemberTurn): void {
  for (;;) {
    const [first, ...rest] = turn.state.waiting;
    if (first === undefined || turn.state.application.doing !== 'polling') break;
    turn.set({ waiting: rest });
    turn.cause = first.cause;
    take(turn, first.input);
    carryOutActions(turn);
  }
  poll(turn);
  carryOutActions(turn);
}

/** Inputs that only the application thread can take, between or inside its polls. */
function isForApplication(input: MemberInput): boolean {
  switch (input.type) {
    case 'command':
      return input.command.do !== 'start' && input.command.do !== 'crash';
    case 'response':
      return ['JoinGroupResponse', 'SyncGroupResponse', 'OffsetFetchResponse'].includes(
        input.message.type,
      );
    case 'fetched':
    case 'offsetsListed':
      return true;
    case 'timer':
    case 'metadata':
      return false;
    default:
      return unreachable(input, 'isForApplication');
  }
}

function isFree(turn: MemberTurn, input: MemberInput): boolean {
  const { doing } = turn.state.application;
  // A closing application throws away what still comes; a process that starts takes nothing yet.
  return doing === 'polling' || (doing === 'closing' && input.type !== 'command');
}

function take(turn: MemberTurn, input: MemberInput): void {
  switch (input.type) {
    case 'command':
      onCommand(turn, input.command);
      return;
    case 'timer':
      onTimer(turn, input.timer);
      return;
    case 'response':
      onResponse(turn, input);
      return;
    case 'fetched':
      onFetched(turn, input.fetchId, input.batches);
      return;
    case 'offsetsListed':
      setPositions(turn, input.positions);
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
      turn.raise({ type: 'CLOSE' });
      return;
    case 'crash':
      turn.raise({ type: 'CRASH' });
      endProcess(turn, null);
      return;
    case 'stall':
      if (turn.config.profile.delivers === 'record') turn.set({ stallMs: command.forMs });
      else work(turn, [], command.forMs);
      return;
    case 'pause':
      turn.set({
        paused: new Set(turn.state.assignment.map(printPartition)),
        buffer: [],
        isFetching: false,
      });
      return;
    case 'resume':
      turn.set({ paused: new Set(), isFetching: false });
      return;
    case 'commit':
      commitSync(turn);
      return;
    case 'subscribe':
      turn.set({ subscription: command.topics });
      onToldToRejoin(turn, 'subscription has changed');
      return;
    case 'enforceRebalance':
      onToldToRejoin(turn, 'rebalance enforced by user');
      return;
    default:
      throw new Error(`bug: ${command.do} reached a member that cannot do it`);
  }
}

function onTimer(turn: MemberTurn, timer: MemberTimer): void {
  switch (timer) {
    case 'startUp':
      turn.note({ kind: 'memberReady' });
      turn.set({ application: { doing: 'polling' } });
      turn.want({ type: 'refreshMetadata' });
      turn.raise({ type: 'READY' });
      return;
    case 'heartbeat':
      onHeartbeatDue(turn);
      return;
    case 'poll':
      onPollTimeout(turn);
      return;
    case 'autoCommit':
      onAutoCommitDue(turn);
      return;
    case 'work':
      onWorkDone(turn);
      return;
    case 'retry':
      turn.set({ isBackingOff: false });
      return;
    case 'metadata':
      turn.want({ type: 'refreshMetadata' });
      return;
    default:
      unreachable(timer, 'onTimer');
  }
}

function onResponse(
  turn: MemberTurn,
  { correlationId, message }: Extract<MemberInput, { type: 'response' }>,
): void {
  const sent = turn.settle(correlationId);
  switch (message.type) {
    case 'FindCoordinatorResponse':
      turn.set({
        isCoordinatorKnown: message.errorCode === 'NONE',
        isCoordinatorFresh: message.errorCode === 'NONE',
      });
      if (turn.membershipState === 'joining' && !turn.isAsking('JoinGroupRequest')) join(turn);
      if (turn.config.profile.heartbeatsFrom === 'thread') sendDueHeartbeat(turn);
      return;
    case 'JoinGroupResponse':
      onJoinGroupResponse(turn, message);
      return;
    case 'SyncGroupResponse':
      onSyncGroupResponse(turn, message);
      return;
    case 'HeartbeatResponse':
      onHeartbeatResponse(turn, sent, message.errorCode);
      return;
    case 'LeaveGroupResponse':
      if (turn.membershipState === 'leaving') turn.raise({ type: 'LEFT' });
      return;
    case 'OffsetCommitResponse':
      onOffsetCommitResponse(turn, correlationId, message.errorCode);
      return;
    case 'OffsetFetchResponse': {
      const known = message.offsets.flatMap(({ topic, partition, committedOffset }) =>
        committedOffset === null ? [] : [{ topic, partition, offset: committedOffset }],
      );
      setPositions(turn, known);
      const partitions = message.offsets
        .filter(({ committedOffset }) => committedOffset === null)
        .map(({ topic, partition }) => ({ topic, partition }));
      const at = turn.config.offsetReset;
      if (partitions.length > 0) turn.want({ type: 'listOffsets', at, partitions });
      return;
    }
    default:
      unreachable(message, 'onResponse');
  }
}

/** Source: ConsumerCoordinator#rejoinNeededOrPending: a leader rejoins when counts have changed. */
function onMetadata(turn: MemberTurn, topics: readonly TopicMetadata[]): void {
  assert(turn.membershipState !== 'down', 'a process that is down sees no metadata');
  const seen = new Map(topics.map(({ name, partitions }) => [name, partitions]));
  const { metadata, assignedBy } = turn.state;
  const isNews = topics.some(({ name, partitions }) => metadata.get(name) !== partitions);
  if (isNews) turn.note({ kind: 'metadataSeen', topics });
  turn.set({ metadata: seen });
  turn.startTimer('metadata', turn.config.metadataMaxAgeMs);
  if (assignedBy === null) return;
  const hasChanged = [...assignedBy].some(([topic, count]) => seen.get(topic) !== count);
  if (hasChanged) onToldToRejoin(turn, 'cached metadata has changed');
}
