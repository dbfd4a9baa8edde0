import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberTurn, Thrown } from './member.ts';

/** Answers of a broker that is not the group's coordinator, or not yet, or no longer. */
export const UNAVAILABLE: readonly ErrorCode[] = ['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'];

/** The coordinator is forgotten; generation and assignment are not, and nobody is called. */
export function onCoordinatorUnavailable(turn: MemberTurn): void {
  turn.set({ isCoordinatorKnown: false, isCoordinatorFresh: false });
}

export function findCoordinator(turn: MemberTurn): void {
  if (turn.isAsking('FindCoordinatorRequest')) return;
  turn.request({ type: 'FindCoordinatorRequest', groupId: turn.config.groupId });
}

/** The next try waits; source: AbstractCoordinator#ensureCoordinatorReady. */
export function backOff(turn: MemberTurn): void {
  const { profile, retryBackoffMs } = turn.config;
  const pauseMs = profile.searchRetries === null ? retryBackoffMs : pauseOrRestart(turn);
  turn.set({ isBackingOff: true });
  turn.startTimer('retry', pauseMs);
}

/**
 * kafkajs tries to reach the cluster again, each time after twice the pause; then its consumer has
 * crashed, and begins anew with nothing of what it was: no id, no partitions, and nobody is told.
 *
 * Simplification: the pauses are as they are configured; kafkajs varies each by a fifth.
 *
 * Source: kafkajs 2.2.4, retry/index.js, cluster/brokerPool.js: connect, consumer/index.js: onCrash.
 *
 * @returns how long it waits now.
 */
function pauseOrRestart(turn: MemberTurn): number {
  const { failedSearches } = turn.state;
  const retries = turn.config.profile.searchRetries ?? 0;
  const { retryBackoffMs } = turn.config;
  turn.set({ failedSearches: failedSearches + 1 });
  const retry = failedSearches % (retries + 1);
  if (retry < retries) return retryBackoffMs * 2 ** retry;
  beginAnew(turn, {
    exception: 'KafkaJSNonRetriableError',
    message: 'The cluster cannot be reached; the consumer starts anew.',
  });
  turn.raise({ type: 'EVICTED' });
  return failedSearches > retries ? retryBackoffMs * 2 ** retries : retryBackoffMs;
}

/**
 * A connection that closes while kafkajs waits for its first assignment crashes its consumer, which begins
 * anew with another member id; one that has been assigned something keeps its id and joins again.
 *
 * Source: kafkajs 2.2.4, consumer/consumerGroup.js: joinAndSync, which gives up at once; consumer/runner.js:
 * start against scheduleFetchManager; consumer/index.js: onCrash.
 */
export function crashInFirstJoin(turn: MemberTurn): void {
  if (turn.config.profile.searchRetries === null || turn.state.hasJoined) return;
  beginAnew(turn, { exception: 'KafkaJSConnectionClosedError', message: 'Closed connection' });
}

/** The client has given up, and its consumer begins anew; the group hears of it by its silence. */
function beginAnew(turn: MemberTurn, crash: Omit<Thrown, 'isFatal'>): void {
  turn.note({ kind: 'memberError', ...crash });
  turn.stopTimer('heartbeat');
  turn.assign([]);
  turn.identify(null, null);
  turn.set({
    assignorMemory: new Map(),
    buffer: [],
    isLeader: false,
    isPrepared: false,
    isHeartbeatDue: false,
    joinedTopics: null,
    assignedBy: null,
    paused: new Set(),
    hasJoined: false,
  });
}
