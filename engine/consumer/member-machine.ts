import { setup } from 'xstate';
import type { ErrorCode } from '../protocol/error-codes.ts';

/** A listener call that the member owes its application before it may rejoin. */
export type OwedCallback = 'revoked' | 'lost' | null;

/** What moves a member through its membership. */
export type MembershipEvent =
  | { readonly type: 'START' }
  /** The process is up and subscribed. */
  | { readonly type: 'READY' }
  /** The application is in poll() and the coordinator is known: the member may act. */
  | { readonly type: 'POLL'; readonly owes: OwedCallback }
  | { readonly type: 'JOIN_ANSWERED'; readonly errorCode: ErrorCode }
  | { readonly type: 'SYNC_ANSWERED'; readonly errorCode: ErrorCode }
  /** A heartbeat or commit was answered REBALANCE_IN_PROGRESS, or the leader saw new metadata. */
  | { readonly type: 'TOLD_TO_REJOIN' }
  /** A heartbeat or commit was answered UNKNOWN_MEMBER_ID or ILLEGAL_GENERATION. */
  | { readonly type: 'EVICTED' }
  /** No poll() for max.poll.interval.ms. */
  | { readonly type: 'POLL_TIMEOUT' }
  /** The commit before a rejoin is over, whatever came of it. */
  | { readonly type: 'COMMIT_SETTLED'; readonly owes: OwedCallback }
  | { readonly type: 'CALLBACK_DONE' }
  | { readonly type: 'CLOSE' }
  | { readonly type: 'LEFT' }
  | { readonly type: 'CRASH' };

const REJOIN_AT_ONCE: readonly ErrorCode[] = [
  'MEMBER_ID_REQUIRED',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
];
const RETRY_LATER: readonly ErrorCode[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
];

const answeredWith = (event: MembershipEvent, codes: readonly ErrorCode[]): boolean =>
  'errorCode' in event && codes.includes(event.errorCode);

/** Its action is carried out by the code that steps the machine; see `membership-actions.ts`. */
const done = (): void => undefined;

/**
 * The membership of one consumer under the classic protocol, as its client lives it.
 *
 * Stepped with `transition()`, never started. It has no context: what a guard needs comes with the
 * event, and what an action does is up to the stepper. The client's own names for its states
 * (AbstractCoordinator.MemberState) stand in the descriptions.
 *
 * Source: AbstractCoordinator, ConsumerCoordinator, Kafka 4.3.1.
 */
export const memberMachine = setup({
  types: { events: {} as MembershipEvent },
  guards: {
    succeeded: ({ event }) => answeredWith(event, ['NONE']),
    mayRejoinAtOnce: ({ event }) => answeredWith(event, REJOIN_AT_ONCE),
    mayRetryLater: ({ event }) => answeredWith(event, RETRY_LATER),
    owesRevoked: ({ event }) => 'owes' in event && event.owes === 'revoked',
    owesLost: ({ event }) => 'owes' in event && event.owes === 'lost',
  },
  actions: {
    startUp: done,
    sendJoinGroup: done,
    sendSyncGroup: done,
    retryLater: done,
    commitBeforeRejoin: done,
    callRevoked: done,
    callLost: done,
    callAssigned: done,
    leaveSilently: done,
    beginClose: done,
    leaveGroup: done,
    exit: done,
    throwToApplication: done,
  },
}).createMachine({
  id: 'member',
  initial: 'down',
  on: { CRASH: '.crashed' },
  states: {
    down: {
      description: 'The process has not been started.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
    starting: {
      description: 'The process starts; it subscribes and is about to poll.',
      on: { READY: 'unjoined', CLOSE: { target: 'leaving', actions: 'beginClose' } },
    },
    unjoined: {
      description: 'Not a member (Kafka: UNJOINED). It joins in its next poll().',
      on: {
        POLL: { target: 'joining', actions: 'sendJoinGroup' },
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    joining: {
      description:
        'JoinGroup is sent and not yet answered (Kafka: PREPARING_REBALANCE). No heartbeats.',
      on: {
        JOIN_ANSWERED: [
          { guard: 'succeeded', target: 'syncing', actions: 'sendSyncGroup' },
          { guard: 'mayRejoinAtOnce', target: 'joining', reenter: true, actions: 'sendJoinGroup' },
          { guard: 'mayRetryLater', target: 'unjoined', actions: 'retryLater' },
          { target: 'failed', actions: 'throwToApplication' },
        ],
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    syncing: {
      description: 'SyncGroup is sent and not yet answered (Kafka: COMPLETING_REBALANCE).',
      on: {
        SYNC_ANSWERED: [
          { guard: 'succeeded', target: 'assigning', actions: 'callAssigned' },
          { guard: 'mayRejoinAtOnce', target: 'joining', actions: 'sendJoinGroup' },
          { guard: 'mayRetryLater', target: 'unjoined', actions: 'retryLater' },
          { target: 'failed', actions: 'throwToApplication' },
        ],
        EVICTED: 'unjoined',
        POLL_TIMEOUT: { target: 'unjoined', actions: 'leaveSilently' },
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    assigning: {
      description: 'It has its assignment and is in the assigned callback.',
      on: {
        CALLBACK_DONE: 'stable',
        TOLD_TO_REJOIN: 'rejoinNeeded',
        EVICTED: 'lost',
        POLL_TIMEOUT: { target: 'lost', actions: 'leaveSilently' },
      },
    },
    stable: {
      description: 'It owns its partitions and works (Kafka: STABLE).',
      on: {
        TOLD_TO_REJOIN: 'rejoinNeeded',
        EVICTED: 'lost',
        POLL_TIMEOUT: { target: 'lost', actions: 'leaveSilently' },
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    rejoinNeeded: {
      description: 'It knows of the rebalance and goes on working until its next poll().',
      on: {
        POLL: { target: 'committing', actions: 'commitBeforeRejoin' },
        EVICTED: 'lost',
        POLL_TIMEOUT: { target: 'lost', actions: 'leaveSilently' },
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    committing: {
      description: 'It commits what it has read before it gives its partitions up.',
      on: {
        COMMIT_SETTLED: [
          { guard: 'owesRevoked', target: 'revoking', actions: 'callRevoked' },
          { guard: 'owesLost', target: 'losing', actions: 'callLost' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        EVICTED: 'lost',
        POLL_TIMEOUT: { target: 'lost', actions: 'leaveSilently' },
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    revoking: {
      description: 'It is in the revoked callback and gives up its partitions.',
      on: {
        CALLBACK_DONE: { target: 'joining', actions: 'sendJoinGroup' },
        POLL_TIMEOUT: { actions: 'leaveSilently' },
      },
    },
    lost: {
      description:
        'The group has gone on without it, and its application has not heard: it still holds partitions.',
      on: {
        POLL: [
          { guard: 'owesLost', target: 'losing', actions: 'callLost' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        CLOSE: { target: 'leaving', actions: 'beginClose' },
      },
    },
    losing: {
      description: 'It is in the lost callback: its partitions are somebody else’s already.',
      on: { CALLBACK_DONE: { target: 'joining', actions: 'sendJoinGroup' } },
    },
    leaving: {
      description: 'close(): it commits, gives up its partitions and sends LeaveGroup.',
      on: {
        COMMIT_SETTLED: { actions: 'leaveGroup' },
        LEFT: { target: 'left', actions: 'exit' },
      },
    },
    left: {
      description: 'It has closed, and its process has ended.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
    crashed: {
      description: 'Its process was killed; the group will notice by its silence.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
    failed: {
      description: 'Its client threw an error that ended the application.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
  },
});
