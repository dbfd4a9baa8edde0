import type { OffsetFetchRequest } from '../protocol/messages.ts';
import {
  atOffset,
  isSamePartition,
  printPartition,
  withoutPartitions,
  type PartitionOffset,
} from '../protocol/partitions.ts';
import { findCoordinator } from './find-coordinator.ts';
import { sendDueHeartbeat } from './heartbeats.ts';
import type { OffsetSpan } from '../protocol/facts.ts';
import type { MemberTurn } from './member.ts';
import type { MembershipState } from './step-machine.ts';
import { onToldToRejoin, owedCallback, report } from './membership.ts';

/**
 * What poll() does when the application is in it: first the coordinator's business, then records.
 *
 * Simplification: a loop of polls that bring nothing is one long poll(); the poll clock runs only
 * while the application is outside.
 *
 * Source: ClassicKafkaConsumer#poll, ConsumerCoordinator#poll.
 */
export function poll(turn: MemberTurn): void {
  if (turn.state.application.doing !== 'polling') {
    joinWithoutPoll(turn);
    return;
  }
  const { failure } = turn.state;
  if (failure !== null) {
    turn.set({ failure: null });
    report(turn, failure);
    if (failure.isFatal) return;
  }
  if (turn.membershipState === 'stable') {
    const reason = reasonToRejoin(turn);
    if (reason !== null) onToldToRejoin(turn, reason);
  }
  switch (turn.membershipState) {
    case 'unjoined':
    case 'retrying':
    case 'rejoinNeeded':
    case 'lost':
      goOnJoining(turn);
      break;
    case 'stable':
      serve(turn);
      return;
    default:
      break;
  }
  if (readsOn(turn)) {
    deliver(turn);
    fetch(turn);
  }
}

/**
 * What a cooperative member keeps brings records also while the group rebalances; what any member
 * holds does while it cannot begin to rejoin for want of a coordinator.
 *
 * Source: ClassicKafkaConsumer#poll, which fetches whatever became of ConsumerCoordinator#poll.
 */
function readsOn(turn: MemberTurn): boolean {
  const { membershipState: state, config } = turn;
  if (config.rebalanceProtocol === 'cooperative' && KEEPS_READING.has(state)) return true;
  return config.profile.readsWithoutCoordinator && (state === 'rejoinNeeded' || state === 'lost');
}

/** The coordinator is looked for before the listener is called, unless that call was ready before. */
function goOnJoining(turn: MemberTurn): void {
  const { isBackingOff, isCoordinatorKnown, config } = turn.state;
  if (isBackingOff) return;
  const owes = owedCallback(turn);
  const isCallReady = owes !== null && config.profile.choosesCallback === 'whenTold';
  if (!isCoordinatorKnown && !isCallReady) findCoordinator(turn);
  else turn.raise({ type: 'POLL', owes });
}

/**
 * librdkafka joins while its application is busy, unless that has to be called first, or to hear that
 * it has not polled for too long.
 *
 * Source: rdkafka_cgrp.c, rd_kafka_cgrp_join, version 2.15.
 */
function joinWithoutPoll(turn: MemberTurn): void {
  const { application, config, failure } = turn.state;
  const isBusy = application.doing === 'working' || application.doing === 'commitSync';
  const isAble = config.profile.joinsFrom === 'thread' && isBusy && failure === null;
  const isJoining = ['unjoined', 'retrying', 'rejoinNeeded', 'lost'].includes(turn.membershipState);
  if (isAble && isJoining && owedCallback(turn) === null) goOnJoining(turn);
}

const KEEPS_READING: ReadonlySet<MembershipState> = new Set([
  'rejoinNeeded',
  'committing',
  'joining',
  'syncing',
  'retrying',
]);

/**
 * Why a settled member wants a rebalance of its own accord, or null: a leader when topics have
 * changed since it assigned, anybody when its own subscription has.
 *
 * Source: ConsumerCoordinator#rejoinNeededOrPending.
 */
function reasonToRejoin(turn: MemberTurn): string | null {
  const { assignedBy, metadata, joinedTopics, subscription } = turn.state;
  const isStale = [...(assignedBy ?? [])].some(([topic, count]) => metadata.get(topic) !== count);
  if (isStale) return 'cached metadata has changed';
  const isNew =
    joinedTopics?.length !== subscription.length ||
    subscription.some((topic) => !joinedTopics.includes(topic));
  if (isNew) return 'subscription has changed';
  return turn.state.joinReason;
}

/** A member of a settled group: heartbeat of a loop, auto commit, positions, records. */
function serve(turn: MemberTurn): void {
  if (!turn.state.isCoordinatorKnown) {
    if (!turn.state.isBackingOff) findCoordinator(turn);
    deliver(turn);
    fetch(turn);
    return;
  }
  if (turn.config.profile.heartbeatsFrom === 'loop') {
    sendDueHeartbeat(turn);
    // A loop waits for the answer before it goes on with the next record.
    if (turn.isAsking('HeartbeatRequest')) return;
  }
  if (turn.state.isCommitDue && turn.config.isAutoCommit) {
    turn.set({ isCommitDue: false });
    turn.startAutoCommits();
    turn.sendCommit();
  }
  askPositions(turn, { memberId: null, memberEpoch: null });
  deliver(turn);
  fetch(turn);
}

/** Partitions without a position begin where the group has committed. */
export function askPositions(
  turn: MemberTurn,
  asker: Pick<OffsetFetchRequest, 'memberId' | 'memberEpoch'>,
): void {
  const { assignment, positions, areOffsetsAsked, isBackingOff, config } = turn.state;
  if (areOffsetsAsked || isBackingOff) return;
  const missing = assignment.filter((partition) => !positions.has(printPartition(partition)));
  if (missing.length === 0) return;
  turn.set({ areOffsetsAsked: true });
  turn.request({
    type: 'OffsetFetchRequest',
    groupId: config.groupId,
    ...asker,
    partitions: missing,
  });
}

/** Takes positions that were asked for; those of partitions that have gone meanwhile are dropped. */
export function setPositions(turn: MemberTurn, positions: readonly PartitionOffset[]): void {
  const held = new Set(turn.state.assignment.map(printPartition));
  const all = new Map(turn.state.positions);
  const known: PartitionOffset[] = [];
  for (const position of positions) {
    const name = printPartition(position);
    if (!held.has(name) || all.has(name)) continue;
    all.set(name, position.offset);
    known.push(position);
  }
  if (known.length === 0) return;
  turn.set({ positions: all, isFetching: false });
  turn.note({ kind: 'positionsSet', positions: known });
}

/** Asks for records at every position that is not paused. */
export function fetch(turn: MemberTurn): void {
  const { application, buffer, isFetching, assignment, positions, paused, givingUp } = turn.state;
  if (application.doing !== 'polling' || buffer.length > 0 || isFetching) return;
  const kept = givingUp.length === 0 ? assignment : withoutPartitions(assignment, givingUp);
  const wanted = kept.flatMap((partition) => {
    const name = printPartition(partition);
    const offset = positions.get(name);
    const isFetchable = offset !== undefined && !paused.has(name);
    return isFetchable ? [atOffset(partition, offset)] : [];
  });
  if (wanted.length === 0) return;
  const fetchId = turn.state.fetchId + 1;
  turn.set({ fetchId, isFetching: true });
  turn.want({ type: 'fetch', fetchId, positions: wanted });
}

/** Records have arrived; an answer to a fetch that was given up meanwhile is dropped. */
export function onFetched(turn: MemberTurn, fetchId: number, batches: readonly OffsetSpan[]): void {
  if (fetchId !== turn.state.fetchId || !turn.state.isFetching) return;
  turn.set({ isFetching: false, buffer: batches });
}

/** poll() returns with records, and the application works on them. */
export function deliver(turn: MemberTurn): void {
  const { buffer, config } = turn.state;
  if (buffer.length === 0) return;
  const mostRecords = config.profile.delivers === 'record' ? 1 : config.maxPollRecords;
  const { batch, rest } = takeRecords(buffer, mostRecords);
  turn.set({ buffer: rest });
  const positions = new Map(turn.state.positions);
  let recordCount = 0;
  for (const { partition, firstOffset, lastOffset } of batch) {
    turn.note({ kind: 'recordsPolled', partition, firstOffset, lastOffset });
    positions.set(printPartition(partition), lastOffset + 1);
    recordCount += lastOffset - firstOffset + 1;
  }
  turn.set({ positions });
  if (config.profile.commits === 'delivered') addUncommitted(turn, batch);
  const { stallMs } = turn.state;
  turn.set({ stallMs: 0 });
  work(turn, batch, stallMs + recordCount * config.perRecordMs);
}

function takeRecords(
  buffer: readonly OffsetSpan[],
  mostRecords: number,
): { readonly batch: readonly OffsetSpan[]; readonly rest: readonly OffsetSpan[] } {
  const batch: OffsetSpan[] = [];
  const rest: OffsetSpan[] = [];
  let left = mostRecords;
  for (const records of buffer) {
    const count = records.lastOffset - records.firstOffset + 1;
    const taken = Math.min(count, left);
    if (taken > 0) batch.push({ ...records, lastOffset: records.firstOffset + taken - 1 });
    if (taken < count) rest.push({ ...records, firstOffset: records.firstOffset + taken });
    left -= taken;
  }
  return { batch, rest };
}

/** The application leaves poll() for a while; its poll clock runs until it is back. */
export function work(turn: MemberTurn, batch: readonly OffsetSpan[], forMs: number): void {
  const thenDoing = turn.state.application.doing === 'idling' ? 'idling' : 'polling';
  turn.set({ application: { doing: 'working', batch, thenDoing } });
  const { maxPollIntervalMs } = turn.config;
  const isClockRunning = forMs > 0 && thenDoing === 'polling';
  if (isClockRunning && maxPollIntervalMs !== null) turn.startTimer('poll', maxPollIntervalMs);
  turn.startTimer('work', forMs);
}

function addUncommitted(turn: MemberTurn, batch: readonly OffsetSpan[]): void {
  const uncommitted = new Map(turn.state.uncommitted);
  for (const { partition, lastOffset } of batch) {
    uncommitted.set(printPartition(partition), lastOffset + 1);
  }
  turn.set({ uncommitted });
}

/** The application has finished its batch and polls again. */
export function onWorkDone(turn: MemberTurn): void {
  const { application, config } = turn.state;
  if (application.doing !== 'working') return;
  turn.set({ application: { doing: application.thenDoing }, isPollOver: false });
  if (config.maxPollIntervalMs !== null) turn.stopTimer('poll');
  for (const { partition, firstOffset, lastOffset } of application.batch) {
    turn.note({ kind: 'recordsProcessed', partition, firstOffset, lastOffset });
  }
  if (config.profile.commits === 'processed') addUncommitted(turn, application.batch);
  const [last] = application.batch.slice(-1);
  const [next] = turn.state.buffer;
  const isBatchDone =
    last !== undefined && (next === undefined || !isSamePartition(next.partition, last.partition));
  // kafkajs commits after each batch of a partition; the others by their clocks.
  if (isBatchDone && config.profile.commits === 'processed') turn.set({ isCommitDue: true });
}
