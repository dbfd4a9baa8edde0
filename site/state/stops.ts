import type { Trace, TraceEvent } from '../../engine/index.ts';

/** How finely stepping goes: what changes something to look at, or every event. */
export type Detail = 'moments' | 'events';

/** Steps at which stepping stops, in order; the first and the last step are always among them. */
export function stopsOf(trace: Trace, detail: Detail): readonly number[] {
  const last = trace.events.length - 1;
  const stops = trace.events
    .filter((event) => detail === 'events' || isMoment(trace, event))
    .map(({ step }) => step);
  return [...new Set([0, ...stops, last])].sort((a, b) => a - b);
}

/** Timers that bring something about when they run out; the others only keep things going. */
const LOUD_TIMERS = new Set([
  'session',
  'ownSession',
  'poll',
  'initialDelay',
  'rebalanceTimeout',
  'syncTimeout',
  'newMember',
  'pendingMember',
]);

const LOUD_MESSAGES = /^(JoinGroup|SyncGroup|LeaveGroup)/;

function isMoment(trace: Trace, event: TraceEvent): boolean {
  switch (event.kind) {
    case 'begin':
    case 'end':
    case 'command':
    case 'memberReady':
    case 'messageDropped':
    case 'groupState':
    case 'callbackEntered':
    case 'commitRefused':
    case 'recordsPolled':
    case 'memberError':
    case 'memberExit':
      return true;
    case 'messageSent':
      return isLoud(event);
    case 'messageDelivered': {
      const sent = trace.events[event.sentStep];
      return sent?.kind === 'messageSent' && isLoud(sent);
    }
    case 'timerFired': {
      const started = trace.events[event.startedStep];
      return started?.kind === 'timerStarted' && LOUD_TIMERS.has(started.timer);
    }
    case 'memberState':
      return event.to === 'stable' || event.to === 'lost' || event.to === 'rejoinNeeded';
    default:
      return false;
  }
}

/** Joining, syncing and leaving; of heartbeats and commits only what is refused. */
function isLoud({ message }: Extract<TraceEvent, { kind: 'messageSent' }>): boolean {
  if (LOUD_MESSAGES.test(message.type)) return true;
  return 'errorCode' in message && message.errorCode !== 'NONE';
}

/** The last stop at or before a step: where the step is shown. */
export function stopIndexOf(stops: readonly number[], step: number): number {
  const next = stops.findIndex((stop) => stop > step);
  return (next < 0 ? stops.length : next) - 1;
}

const SHORTEST_MS = 450;
const LONGEST_MS = 1_400;

/**
 * How long playing rests at a stop: as long as the run took, but what is too quick to see is
 * slowed down and quiet time is cut short.
 */
export function restMs(gapMs: number, speed: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, gapMs)) / speed;
}

/** What stepping can be set to. */
export const DETAILS: readonly { readonly detail: Detail; readonly label: string }[] = [
  { detail: 'moments', label: 'key steps' },
  { detail: 'events', label: 'every event' },
];

export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2, 4, 8];
