import { setup } from 'xstate';
import type { ErrorCode } from '../protocol/error-codes.ts';

/** A listener call that the member owes its application before it may rejoin. */
export type OwedCallback = 'revoked' | 'lost' | null;

/** What moves a member through its membership. */
export type MembershipEvent =
  | { readonly type: 'START' }
  /** The process is up and subscribed. */
  | { readonly type: 'READY' }
  /**
   * The application is in poll(), or its client joins without it, and the coordinator is known: the
   * member may act.
   */
  | { readonly type: 'POLL'; readonly owes: OwedCallback }
  | { readonly type: 'JOIN_ANSWERED'; readonly errorCode: ErrorCode }
  | {
      readonly type: 'SYNC_ANSWERED';
      readonly errorCode: ErrorCode;
      /** A cooperative member has to give something up: it tells its listener first. */
      readonly owes: OwedCallback;
      /** The assignment has no topic that the member does not subscribe to. */
      readonly fits: boolean;
    }
  /** A heartbeat or commit was answered REBALANCE_IN_PROGRESS, or the member wants a rebalance. */
  | { readonly type: 'TOLD_TO_REJOIN' }
  /** A heartbeat or commit was answered UNKNOWN_MEMBER_ID or ILLEGAL_GENERATION. */
  | { readonly type: 'EVICTED' }
  /** No poll() for max.poll.interval.ms. */
  | { readonly type: 'POLL_TIMEOUT' }
  /** The commit before a rejoin is over, whatever came of it. */
  | { readonly type: 'COMMIT_SETTLED'; readonly owes: OwedCallback }
  | {
      readonly type: 'CALLBACK_DONE';
      /** The commit of what was given up is under way, and the rejoin waits for it. */
      readonly isCommitting: boolean;
      /** The group has gone on without the member meanwhile. */
      readonly isEvicted: boolean;
    }
  | { readonly type: 'UNSUBSCRIBE' }
  | { readonly type: 'SUBSCRIBE' }
  | { readonly type: 'CLOSE' }
  /** The client threw what the application cannot go on after; it closes its consumer. */
  | { readonly type: 'THROWN' }
  /** The client has raised an error after which it does nothing more. */
  | { readonly type: 'FATAL' }
  | { readonly type: 'LEFT'; readonly isFailure: boolean }
  | { readonly type: 'CRASH' };

/** It goes on with the id and the generation it has. */
const REJOIN_AT_ONCE: readonly ErrorCode[] = ['MEMBER_ID_REQUIRED', 'REBALANCE_IN_PROGRESS'];
/** It has lost its id or its generation, and begins anew. */
const BEGIN_ANEW: readonly ErrorCode[] = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'];
const RETRY_LATER: readonly ErrorCode[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
];

const answeredWith = (event: MembershipEvent, codes: readonly ErrorCode[]): boolean =>
  'errorCode' in event && codes.includes(event.errorCode);

/** Its action is carried out by the code that steps the machine; see `membership-actions.ts`. */
const done = (): void => undefined;

/** What any state does in which a process runs that can be asked to end. */
const ENDS = {
  CLOSE: { target: 'leaving', actions: 'beginClose' },
  THROWN: { target: 'leaving', actions: 'closeAfterError' },
  FATAL: 'fatal',
  UNSUBSCRIBE: { target: 'unsubscribed', actions: 'leaveAtOnce' },
} as const;

/** What any state does in which the group counts on the member. */
const IN_GROUP = {
  ...ENDS,
  EVICTED: 'lost',
  POLL_TIMEOUT: { target: 'lost', actions: 'leaveSilently' },
} as const;

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
    mustBeginAnew: ({ event }) => answeredWith(event, BEGIN_ANEW),
    mayRetryLater: ({ event }) => answeredWith(event, RETRY_LATER),
    owesRevoked: ({ event }) => 'owes' in event && event.owes === 'revoked',
    owesLost: ({ event }) => 'owes' in event && event.owes === 'lost',
    doesNotFit: ({ event }) =>
      event.type === 'SYNC_ANSWERED' && event.errorCode === 'NONE' && !event.fits,
    mustGiveUp: ({ event }) =>
      event.type === 'SYNC_ANSWERED' && event.errorCode === 'NONE' && event.owes === 'revoked',
    isCommitting: ({ event }) => event.type === 'CALLBACK_DONE' && event.isCommitting,
    isEvicted: ({ event }) => event.type === 'CALLBACK_DONE' && event.isEvicted,
    isFailure: ({ event }) => event.type === 'LEFT' && event.isFailure,
  },
  actions: {
    startUp: done,
    sendJoinGroup: done,
    sendSyncGroup: done,
    retryLater: done,
    commitBeforeRejoin: done,
    callRevoked: done,
    callRevokedAfterSync: done,
    callLost: done,
    callAssigned: done,
    leaveSilently: done,
    leaveAtOnce: done,
    pollAgain: done,
    beginClose: done,
    closeAfterError: done,
    leaveGroup: done,
    exit: done,
    exitFailed: done,
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
      on: { READY: 'unjoined', ...ENDS },
    },
    unjoined: {
      description: 'Not a member (Kafka: UNJOINED). It joins in its next poll().',
      on: {
        POLL: [
          { guard: 'owesLost', target: 'losing', actions: 'callLost' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        ...ENDS,
      },
    },
    joining: {
      description:
        'JoinGroup is sent and not yet answered (Kafka: PREPARING_REBALANCE). No heartbeats.',
      on: {
        JOIN_ANSWERED: [
          { guard: 'succeeded', target: 'syncing', actions: 'sendSyncGroup' },
          { guard: 'mayRejoinAtOnce', target: 'joining', reenter: true, actions: 'sendJoinGroup' },
          { guard: 'mustBeginAnew', target: 'unjoined' },
          { guard: 'mayRetryLater', target: 'retrying', actions: 'retryLater' },
          { target: 'retrying', actions: 'throwToApplication' },
        ],
        ...ENDS,
      },
    },
    syncing: {
      description: 'SyncGroup is sent and not yet answered (Kafka: COMPLETING_REBALANCE).',
      on: {
        SYNC_ANSWERED: [
          { guard: 'doesNotFit', target: 'rejoinNeeded' },
          { guard: 'mustGiveUp', target: 'givingUp', actions: 'callRevokedAfterSync' },
          { guard: 'succeeded', target: 'assigning', actions: 'callAssigned' },
          { guard: 'mayRejoinAtOnce', target: 'joining', actions: 'sendJoinGroup' },
          { guard: 'mustBeginAnew', target: 'unjoined' },
          { guard: 'mayRetryLater', target: 'retrying', actions: 'retryLater' },
          { target: 'retrying', actions: 'throwToApplication' },
        ],
        ...ENDS,
        EVICTED: 'unjoined',
        POLL_TIMEOUT: { target: 'unjoined', actions: 'leaveSilently' },
      },
    },
    retrying: {
      description:
        'Its JoinGroup or SyncGroup has failed (Kafka: still in the state it was sent in); it joins again after a while, if its application goes on.',
      on: { POLL: { target: 'joining', actions: 'sendJoinGroup' }, ...ENDS },
    },
    givingUp: {
      description:
        'Cooperative: it is in the revoked callback for what somebody else is to get, and keeps the rest.',
      on: {
        CALLBACK_DONE: { target: 'assigning', actions: 'callAssigned' },
        ...IN_GROUP,
      },
    },
    assigning: {
      description: 'It has its assignment and is in the assigned callback.',
      on: {
        CALLBACK_DONE: [{ guard: 'isEvicted', target: 'lost' }, { target: 'stable' }],
        TOLD_TO_REJOIN: 'rejoinNeeded',
        ...IN_GROUP,
      },
    },
    stable: {
      description: 'It owns its partitions and works (Kafka: STABLE).',
      on: { TOLD_TO_REJOIN: 'rejoinNeeded', ...IN_GROUP },
    },
    rejoinNeeded: {
      description: 'It knows of the rebalance and goes on working until its next poll().',
      on: { POLL: { target: 'committing', actions: 'commitBeforeRejoin' }, ...IN_GROUP },
    },
    committing: {
      description:
        'It commits what it has read before it rejoins; some clients call revoked first.',
      on: {
        COMMIT_SETTLED: [
          { guard: 'owesRevoked', target: 'revoking', actions: 'callRevoked' },
          { guard: 'owesLost', target: 'losing', actions: 'callLost' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        ...IN_GROUP,
      },
    },
    revoking: {
      description: 'It is in the revoked callback and gives up its partitions.',
      on: {
        CALLBACK_DONE: [
          { guard: 'isCommitting', target: 'committing' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        POLL_TIMEOUT: { actions: 'leaveSilently' },
        THROWN: ENDS.THROWN,
        FATAL: ENDS.FATAL,
      },
    },
    lost: {
      description:
        'The group has gone on without it, and its application has not heard: it still holds partitions.',
      on: {
        POLL: [
          { guard: 'owesRevoked', target: 'revoking', actions: 'callRevoked' },
          { guard: 'owesLost', target: 'losing', actions: 'callLost' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        ...ENDS,
      },
    },
    losing: {
      description: 'It is in the lost callback: its partitions are somebody else’s already.',
      on: {
        CALLBACK_DONE: [
          { guard: 'isCommitting', target: 'committing' },
          { target: 'joining', actions: 'sendJoinGroup' },
        ],
        THROWN: ENDS.THROWN,
        FATAL: ENDS.FATAL,
      },
    },
    fatal: {
      description:
        'librdkafka is fenced: it has given up its partitions without a call, and poll() brings nothing more.',
      on: { CLOSE: ENDS.CLOSE },
    },
    unsubscribed: {
      description: 'unsubscribe(): it has left its group, and runs on without polling.',
      on: {
        SUBSCRIBE: { target: 'unjoined', actions: 'pollAgain' },
        CLOSE: ENDS.CLOSE,
        THROWN: ENDS.THROWN,
      },
    },
    leaving: {
      description: 'close(): it commits, gives up its partitions and says that it leaves.',
      on: {
        COMMIT_SETTLED: { actions: 'leaveGroup' },
        LEFT: [
          { guard: 'isFailure', target: 'failed', actions: 'exitFailed' },
          { target: 'left', actions: 'exit' },
        ],
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
      description: 'Its client threw an error; the application closed its consumer and ended.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
  },
});
