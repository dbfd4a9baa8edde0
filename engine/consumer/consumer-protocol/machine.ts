import { setup } from 'xstate';

/** Why a member leaves its group. */
export type LeaveReason = 'pollTimeout' | 'unsubscribe' | 'close';

/** What moves a member of the consumer protocol through its membership. */
export type ConsumerProtocolEvent =
  | { readonly type: 'START' }
  /** The process is up and subscribed. */
  | { readonly type: 'READY' }
  /** A poll() after subscribe(): the member joins. */
  | { readonly type: 'JOIN' }
  /** An answer brought an assignment that differs from what the member has reconciled last. */
  | { readonly type: 'ASSIGNMENT_CHANGED' }
  /** An answer brought what the member has reconciled already. */
  | { readonly type: 'ASSIGNMENT_UNCHANGED' }
  /** The application has given up and taken what the assignment asks for. */
  | { readonly type: 'RECONCILED' }
  /** A heartbeat has told the coordinator what the member owns now. */
  | { readonly type: 'ACKNOWLEDGED'; readonly isTarget: boolean }
  /** A heartbeat was answered FENCED_MEMBER_EPOCH or UNKNOWN_MEMBER_ID. */
  | { readonly type: 'FENCED' }
  /** A heartbeat was answered with what no retry can help. */
  | { readonly type: 'REFUSED' }
  /** Nobody holds the partitions of before any more; the member may join again. */
  | { readonly type: 'RELEASED' }
  /** No poll() for max.poll.interval.ms. */
  | { readonly type: 'POLL_TIMEOUT' }
  /** close(): the commit before it is over, whatever came of it. */
  | { readonly type: 'COMMIT_SETTLED' }
  /** The application holds nothing any more: the member may say that it leaves. */
  | { readonly type: 'LEAVE' }
  /** The heartbeat that says so is sent, or there is nobody to send it to. */
  | { readonly type: 'LEAVE_SENT'; readonly because: LeaveReason }
  | { readonly type: 'UNSUBSCRIBE' }
  | { readonly type: 'SUBSCRIBE' }
  | { readonly type: 'CLOSE' }
  /** The client threw what the application cannot go on after; it closes its consumer. */
  | { readonly type: 'THROWN' }
  | { readonly type: 'LEFT'; readonly isFailure: boolean }
  | { readonly type: 'CRASH' };

/** Its action is carried out by the code that steps the machine; see `actions.ts`. */
const done = (): void => undefined;

/** What any state does in which a process runs that can be asked to end. */
const ENDS = {
  CLOSE: { target: 'prepareLeaving', actions: 'beginClose' },
  THROWN: { target: 'prepareLeaving', actions: 'closeAfterError' },
  UNSUBSCRIBE: { target: 'prepareLeaving', actions: 'releaseAll' },
} as const;

/** What any state does in which the coordinator counts on the member. */
const IN_GROUP = {
  ...ENDS,
  FENCED: { target: 'fenced', actions: 'beginRelease' },
  REFUSED: { target: 'fatal', actions: 'giveUp' },
  POLL_TIMEOUT: { target: 'leaving', actions: 'sendLeave' },
} as const;

const TAKES_ASSIGNMENT = {
  ...IN_GROUP,
  ASSIGNMENT_CHANGED: 'reconciling',
} as const;

/**
 * The membership of one consumer under the consumer protocol (KIP-848), as its client lives it.
 *
 * Stepped with `transition()`, never started, without a context; as `memberMachine` is. States are
 * those of Kafka's MemberState, and the ends of a process besides.
 *
 * Source: MemberState, AbstractMembershipManager, Kafka 4.3.1.
 */
export const consumerProtocolMachine = setup({
  types: { events: {} as ConsumerProtocolEvent },
  guards: {
    isTarget: ({ event }) => event.type === 'ACKNOWLEDGED' && event.isTarget,
    byPollTimeout: ({ event }) => event.type === 'LEAVE_SENT' && event.because === 'pollTimeout',
    byUnsubscribe: ({ event }) => event.type === 'LEAVE_SENT' && event.because === 'unsubscribe',
    isFailure: ({ event }) => event.type === 'LEFT' && event.isFailure,
  },
  actions: {
    startUp: done,
    beginRelease: done,
    giveUp: done,
    releaseAll: done,
    sendLeave: done,
    beginClose: done,
    closeAfterError: done,
    pollAgain: done,
    exit: done,
    exitFailed: done,
  },
}).createMachine({
  id: 'consumerProtocolMember',
  initial: 'down',
  on: { CRASH: '.crashed' },
  states: {
    down: {
      description: 'The process has not been started.',
      on: { START: { target: 'starting', actions: 'startUp' } },
    },
    starting: {
      description: 'The process starts; it subscribes and is about to poll.',
      on: { READY: 'unsubscribed', ...ENDS },
    },
    unsubscribed: {
      description:
        'Not a member (Kafka: UNSUBSCRIBED). After subscribe() it joins in its next poll().',
      on: { JOIN: 'joining', SUBSCRIBE: { actions: 'pollAgain' }, ...ENDS },
    },
    joining: {
      description: 'It sends a heartbeat with epoch 0 and all it has to say (Kafka: JOINING).',
      on: { ...TAKES_ASSIGNMENT, ASSIGNMENT_UNCHANGED: 'stable' },
    },
    reconciling: {
      description:
        'It has a new assignment: it commits, gives up, takes, within poll() (Kafka: RECONCILING). What it keeps goes on.',
      on: {
        ...IN_GROUP,
        ASSIGNMENT_CHANGED: { target: 'reconciling' },
        ASSIGNMENT_UNCHANGED: 'stable',
        RECONCILED: 'acknowledging',
      },
    },
    acknowledging: {
      description: 'Its next heartbeat, at once, tells what it owns now (Kafka: ACKNOWLEDGING).',
      on: {
        ...TAKES_ASSIGNMENT,
        ACKNOWLEDGED: [{ guard: 'isTarget', target: 'stable' }, { target: 'reconciling' }],
      },
    },
    stable: {
      description: 'It owns what it was told to, and works (Kafka: STABLE).',
      on: TAKES_ASSIGNMENT,
    },
    fenced: {
      description:
        'The group has gone on without it; it rejoins when its application has heard (Kafka: FENCED).',
      on: { ...ENDS, RELEASED: 'joining' },
    },
    prepareLeaving: {
      description:
        'unsubscribe() or close(): it gives up everything before it leaves (Kafka: PREPARE_LEAVING).',
      on: {
        COMMIT_SETTLED: { actions: 'releaseAll' },
        LEAVE: { target: 'leaving', actions: 'sendLeave' },
      },
    },
    leaving: {
      description: 'It says with a heartbeat that it leaves (Kafka: LEAVING).',
      on: {
        LEAVE_SENT: [
          { guard: 'byPollTimeout', target: 'stale', actions: 'beginRelease' },
          { guard: 'byUnsubscribe', target: 'unsubscribed' },
        ],
        LEFT: [
          { guard: 'isFailure', target: 'failed', actions: 'exitFailed' },
          { target: 'left', actions: 'exit' },
        ],
      },
    },
    stale: {
      description:
        'It has left because nobody polled, and its application has not heard: it still holds partitions (Kafka: STALE).',
      on: { ...ENDS, RELEASED: 'joining' },
    },
    fatal: {
      description: 'The coordinator refuses it for good; the next poll() throws (Kafka: FATAL).',
      on: ENDS,
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
