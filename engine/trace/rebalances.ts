import type { GroupState, RebalanceCause } from '../protocol/facts.ts';
import type { EventOf, Trace } from './events.ts';

/** From the change to the next stable group, or to the end of the trace. */
export interface Rebalance {
  /** 1 for the first of the trace. */
  readonly number: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The generation it led to; null when it did not end. */
  readonly generationId: number | null;
  /** Why it began, a sentence without its full stop. */
  readonly reason: string;
  /** The kind of reason; null in a simulation, which tells it in words only. */
  readonly cause: RebalanceCause | null;
  /** What else changed the group before it came to rest, such as `C3 joins as well`. */
  readonly meanwhile: readonly string[];
  /** The step at which the group began it; `why` leads back from there. */
  readonly causeStep: number;
  /** Nobody said what began it: it was deduced, as a session that ran out is in a recording. */
  readonly isInferred: boolean;
}

/**
 * The rebalances of a trace, in order.
 *
 * One begins with the first message of the member that makes the group leave Stable or Empty (its
 * JoinGroup without a member id, where it is a newcomer), and ends when everybody that the new
 * generation has answers for has heard its assignment.
 */
export function rebalancesOf(trace: Trace): readonly Rebalance[] {
  const found: Rebalance[] = [];
  let open: Opening | null = null;
  let earliestStep = 0;
  /** Of a consumer group, what changed it says more than whose heartbeat moved its state. */
  let change: EventOf<'groupEpoch'> | null = null;
  for (const event of trace.events) {
    if (event.kind === 'groupEpoch') change ??= event;
    if (event.kind === 'groupMember') open?.meanwhile.push(...changeOf(event));
    if (event.kind !== 'groupState') continue;
    if (open === null && begins(trace, event)) {
      const fromStep = Math.max(earliestStep, firstMessage(trace, event.step));
      open = {
        fromStep,
        reason: (change ?? event).reason,
        cause: (change ?? event).rebalanceCause ?? null,
        causeStep: event.step,
        isInferred: event.inferred && !isBegunByRequest(trace, event.cause),
        meanwhile: [],
      };
    }
    change = null;
    if (open !== null && isAtRest(event.to)) {
      const toStep = event.to === 'Stable' ? lastHeard(trace, event.step) : event.step;
      found.push(close(trace, found.length + 1, open, toStep, event.generationId));
      earliestStep = toStep + 1;
      open = null;
    }
  }
  if (open !== null) {
    found.push(close(trace, found.length + 1, open, trace.events.length - 1, null));
  }
  return found;
}

interface Opening extends Pick<
  Rebalance,
  'fromStep' | 'reason' | 'cause' | 'causeStep' | 'isInferred'
> {
  readonly meanwhile: string[];
}

function changeOf({ change, member, memberId, reason }: EventOf<'groupMember'>): readonly string[] {
  const who = member ?? memberId;
  if (change === 'added') return [`${who} joins as well`];
  return change === 'removed' ? [`${who} is out: ${reason}`] : [];
}

/** Whether a member or an admin asked for something that begins a rebalance. */
function isBegunByRequest(trace: Trace, cause: number | null): boolean {
  const event = trace.events[cause ?? 0];
  const sent = event?.kind === 'messageDelivered' ? trace.events[event.sentStep] : undefined;
  if (sent?.kind !== 'messageSent') return false;
  const { message } = sent;
  if (message.type !== 'ConsumerGroupHeartbeatRequest') return message.type !== 'HeartbeatRequest';
  return message.memberEpoch <= 0 || message.subscribedTopicNames !== null;
}

/**
 * The first member of a consumer group settles it at once. A group that a coordinator loads from its
 * log is as it was.
 */
const begins = (trace: Trace, { from, to, cause }: EventOf<'groupState'>): boolean =>
  isAtRest(from) &&
  to !== 'Empty' &&
  to !== 'Dead' &&
  trace.events[cause ?? 0]?.kind !== 'brokerChanged';

const isAtRest = (state: GroupState): boolean => state === 'Stable' || state === 'Empty';

function close(
  trace: Trace,
  number: number,
  open: Opening,
  toStep: number,
  generationId: number | null,
): Rebalance {
  return {
    number,
    ...open,
    toStep,
    fromMs: trace.events[open.fromStep]?.atMs ?? 0,
    toMs: trace.events[toStep]?.atMs ?? 0,
    generationId,
  };
}

const HEARTBEATS: ReadonlySet<string> = new Set([
  'HeartbeatRequest',
  'ConsumerGroupHeartbeatRequest',
]);

/** Back along the causes to where the exchange began that made the group move. */
function firstMessage(trace: Trace, step: number): number {
  let first = step;
  let next: number | null = trace.events[step]?.cause ?? null;
  while (next !== null) {
    const event: Trace['events'][number] | undefined = trace.events[next];
    if (event === undefined || event.kind === 'memberReady' || event.kind === 'command') break;
    const isClock = event.kind === 'timerFired' || event.kind === 'timerStarted';
    // A heartbeat follows from the one before: what it brings about begins with itself.
    const isHeartbeat = event.kind === 'messageSent' && HEARTBEATS.has(event.message.type);
    first = event.step;
    if (isClock || isHeartbeat) break;
    next = event.cause;
  }
  return first;
}

/** The last step of the answers that go out when the group becomes Stable: members have heard. */
function lastHeard(trace: Trace, stableStep: number): number {
  const waiting = new Set<number>();
  let last = stableStep;
  for (let step = stableStep; step < trace.events.length; step += 1) {
    const event = trace.events[step];
    if (event === undefined) break;
    if (event.kind === 'groupState' && step !== stableStep) break;
    if (event.kind === 'messageSent' && event.message.type === 'SyncGroupResponse') {
      waiting.add(step);
      last = step;
    }
    if (event.kind === 'messageDelivered' && waiting.delete(event.sentStep)) last = step;
    const isCall = event.kind === 'callbackLeft' && event.callback === 'assigned';
    const isSettled = event.kind === 'memberState' && event.to === 'stable';
    if (isCall || isSettled) last = step;
    const isLate = event.atMs - (trace.events[stableStep]?.atMs ?? 0) > SETTLE_MS;
    if (isLate && waiting.size === 0) break;
  }
  return last;
}

/** Listener calls this soon after the group is Stable belong to its rebalance. */
const SETTLE_MS = 100;
