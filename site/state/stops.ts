import { RINGING_CLOCKS, hasNews, type Trace, type TraceEvent } from '../../engine/index.ts';

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

/** Into the other states of a membership leads what is a stop already. */
const TELLING_STATES: ReadonlySet<string> = new Set([
  'stable',
  'rejoinNeeded',
  'reconciling',
  'lost',
  'fenced',
  'stale',
  'fatal',
  'failed',
]);

function isMoment(trace: Trace, event: TraceEvent): boolean {
  switch (event.kind) {
    case 'begin':
    case 'end':
    case 'command':
    case 'memberReady':
    case 'messageDropped':
    case 'groupState':
    case 'groupEpoch':
    case 'targetAssignment':
    case 'brokerChanged':
    case 'topicChanged':
    case 'callbackEntered':
    case 'commitRefused':
    case 'recordsPolled':
    case 'memberError':
    case 'memberExit':
      return true;
    case 'messageSent':
      return hasNews(event.message);
    case 'messageDelivered': {
      const sent = trace.events[event.sentStep];
      return sent?.kind === 'messageSent' && hasNews(sent.message);
    }
    case 'timerFired': {
      const started = trace.events[event.startedStep];
      return started?.kind === 'timerStarted' && RINGING_CLOCKS.has(started.timer);
    }
    case 'memberState':
      return TELLING_STATES.has(event.to);
    default:
      return false;
  }
}

/** The last stop at or before a step: where the step is shown. */
export function stopIndexOf(stops: readonly number[], step: number): number {
  const next = stops.findIndex((stop) => stop > step);
  return (next < 0 ? stops.length : next) - 1;
}

/**
 * The step of a grown run that shows what a step of the earlier one did. A request is known when it is
 * answered, so what is new may stand between what was there.
 */
export function sameMoment(before: Trace, after: Trace, step: number): number {
  const event = before.events[step];
  const isSame = (other: TraceEvent | undefined): boolean =>
    other?.atMs === event?.atMs && other?.kind === event?.kind && other?.actor === event?.actor;
  if (event === undefined || isSame(after.events[step])) return step;
  const found = after.events.findIndex(isSame);
  return found >= 0 ? found : after.events.findLastIndex(({ atMs }) => atMs <= event.atMs);
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
