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
import { saveIfDue } from './checkpoints.ts';
import { callAsyncCallbacks, commitBy, throwWakeup } from './own-commits.ts';
import { handToWorkers, isBusy, noteProcessed } from './workers.ts';
import { eachRecord, work, workOn } from './working.ts';
import type { OffsetSpan } from '../protocol/facts.ts';
import type { MemberTurn } from './member.ts';
import type { MembershipState } from './step-machine.ts';
import { callAssigned, onToldToRejoin, owedCallback } from './membership.ts';
import { report } from './thrown.ts';

/**
 * What poll() does when the application is in it: first the coordinator's business, then records.
 *
 * Simplification: a loop of polls that bring nothing is one long poll(); the poll clock runs only
 * while the application is outside.
 *
 * Source: ClassicKafkaConsumer#poll, ConsumerCoordinator#poll.
 */
export function poll(turn: MemberTurn): void {
  if (!isPolling(turn)) {
    joinWithoutPoll(turn);
    return;
  }
  const { failure, isRevokedOwed, isWokenUp } = turn.state;
  if (isWokenUp) throwWakeup(turn);
  callAsyncCallbacks(turn);
  // A call that was owed before the error came is made before it is handed over.
  if (failure !== null && (failure.isFatal || !isRevokedOwed)) {
    turn.set({ failure: null });
    report(turn, failure);
    if (failure.isFatal) return;
  }
  if (turn.state.isAssignedAgain) {
    if (['assigning', 'rejoinNeeded'].includes(turn.membershipState)) callAssigned(turn);
    if (!isPolling(turn)) return;
  }
  serveApplication(turn);
  // It may wait for a commit of its own now.
  if (!isPolling(turn)) return;
  if (turn.membershipState === 'stable') {
    const reason = reasonToRejoin(turn);
    if (reason !== null) onToldToRejoin(turn, reason);
  }
  switch (turn.membershipState) {
    case 'unjoined':
    case 'retrying':
    case 'rejoinNeeded':
    case 'lost':
      if (beginNextBatch(turn)) return;
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
 * kafkajs hears of a rebalance in the middle of a batch, which ends there. The worker goes on with the
 * batches of the other partitions all the same: each ends after its first record, with the same news.
 *
 * Source: kafkajs 2.2.4, consumer/worker.js, runner.js: processEachMessage.
 */
function beginNextBatch(turn: MemberTurn): boolean {
  if (!turn.config.profile.beginsEachBatch) return false;
  const { begun, buffer } = turn.state;
  const isOver = ({ partition }: OffsetSpan): boolean =>
    begun !== null && isSamePartition(partition, begun);
  const next = buffer.filter((records) => !isOver(records));
  turn.set({ buffer: next });
  deliver(turn);
  return next.length > 0;
}

const isPolling = (turn: MemberTurn): boolean => turn.state.application.doing === 'polling';

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

/** What poll() does for an application that does not leave all to it: checkpoints, workers' commits. */
function serveApplication(turn: MemberTurn): void {
  saveIfDue(turn);
  const { isProcessedNew, config } = turn.state;
  if (!isProcessedNew || config.commitPolicy === null || config.workerCount === 0) return;
  turn.set({ isProcessedNew: false });
  commitBy(turn, config.commitPolicy.how, turn.ownOffsets(), []);
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
 * A Java leader that could reach no broker rejoins as soon as it finds the coordinator: its client has
 * begun anew with metadata, without topics, and poll() compares by what it knew when it was called. Whether
 * the broker is down or its connections are cut is the same to it, and a cut of a moment, which is over
 * within one call of poll(), costs nothing.
 *
 * Source: ConsumerCoordinator#poll, #rejoinNeededOrPending; NetworkClient#leastLoadedNode, which finds none
 * while it may not reconnect; NetworkClient.DefaultMetadataUpdater#maybeUpdate
 * (metadata.recovery.strategy=rebootstrap, KIP-899).
 */
function reasonToRejoin(turn: MemberTurn): string | null {
  const { assignedBy, metadata, joinedTopics, subscription, isMetadataLost } = turn.state;
  const isLost = isMetadataLost && assignedBy !== null && turn.state.isCoordinatorKnown;
  const isStale =
    isLost || [...(assignedBy ?? [])].some(([topic, count]) => metadata.get(topic) !== count);
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
  if (turn.state.isMetadataDue) {
    turn.set({ isMetadataDue: false });
    turn.want({ type: 'refreshMetadata' });
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
  if (config.checkpointEveryMs !== null && !turn.state.areCheckpointsAsked) {
    turn.set({ areCheckpointsAsked: true });
    turn.want({ type: 'loadCheckpoints', partitions: missing });
    return;
  }
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
    const isFetchable = offset !== undefined && !paused.has(name) && !isBusy(turn, partition);
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
  turn.set({ isFetching: false, buffer: batches, begun: null });
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
  turn.set({ positions, begun: batch.at(-1)?.partition ?? null });
  if (config.profile.commits === 'delivered') addHandled(turn, batch);
  const { stallMs } = turn.state;
  turn.set({ stallMs: 0 });
  if (config.workerCount > 0) {
    handToWorkers(turn, batch);
    turn.set({ buffer: turn.state.buffer.filter(({ partition }) => !isBusy(turn, partition)) });
    return;
  }
  if (config.commitPolicy?.after !== 'record') {
    work(turn, batch, stallMs + recordCount * config.perRecordMs);
    return;
  }
  const [first, ...others] = eachRecord(batch);
  work(turn, first === undefined ? [] : [first], stallMs + config.perRecordMs, others);
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

function addHandled(turn: MemberTurn, batch: readonly OffsetSpan[]): void {
  const handled = new Map(turn.state.handled);
  for (const { partition, lastOffset } of batch) {
    handled.set(printPartition(partition), lastOffset + 1);
  }
  turn.set({ handled });
}

/** The application has finished a batch, or a record of it: it commits, goes on, or polls again. */
export function onWorkDone(turn: MemberTurn): void {
  const { application, config } = turn.state;
  if (application.doing !== 'working') return;
  const { batch, rest, thenDoing } = application;
  if (batch.length > 0) noteProcessed(turn, batch);
  if (config.profile.commits === 'processed') addHandled(turn, batch);
  const [last] = batch.slice(-1);
  const [next] = turn.state.buffer;
  const isBatchDone =
    last !== undefined && (next === undefined || !isSamePartition(next.partition, last.partition));
  // kafkajs commits after each batch of a partition; the others by their clocks.
  if (isBatchDone && config.profile.commits === 'processed') turn.set({ isCommitDue: true });
  if (last === undefined || !commitAfterWork(turn, last, rest)) workOn(turn, rest, thenDoing);
}

/** The application commits by its own policy; true when it waits for that. */
function commitAfterWork(
  turn: MemberTurn,
  { partition, lastOffset }: OffsetSpan,
  rest: readonly OffsetSpan[],
): boolean {
  const { commitPolicy } = turn.config;
  if (commitPolicy === null) return false;
  const isEach = commitPolicy.after === 'record';
  const offsets = isEach ? [atOffset(partition, lastOffset + 1)] : turn.ownOffsets();
  return commitBy(turn, commitPolicy.how, offsets, rest);
}
