import { memberOf, type ActorId, type MemberId } from '../../protocol/ids.ts';
import type { GroupMessage } from '../../protocol/messages.ts';
import type { EventOf, Trace, TraceEvent } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/** A timer fires or is stopped only while it runs: once, and not after a later start of its key. */
export const onlyRunningTimersEnd: Check = ({ events }) => {
  const running = new Map<string, number>();
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'timerStarted') running.set(`${event.actor} ${event.key}`, event.step);
    if (event.kind !== 'timerFired' && event.kind !== 'timerStopped') return [];
    const key = `${event.actor} ${event.key}`;
    const isRunning = running.get(key) === event.startedStep;
    running.delete(key);
    return isRunning ? [] : [{ step: event.step, found: `${event.key} does not run` }];
  });
};

/** A timer fires when it is due; one of a process that was frozen then, when that goes on. */
export const timersFireOnTime: Check = (trace) => {
  const thawedAtMs = new Map<ActorId, number>();
  return trace.events.flatMap((event): Breach[] => {
    const thawed = thawedBy(event);
    if (thawed !== null) thawedAtMs.set(thawed, event.atMs);
    if (event.kind !== 'timerFired') return [];
    const started = trace.events[event.startedStep];
    if (started?.kind !== 'timerStarted') return [];
    const wasFrozen = event.atMs === thawedAtMs.get(event.actor) && event.atMs > started.dueAtMs;
    return event.atMs === started.dueAtMs || wasFrozen
      ? []
      : [{ step: event.step, found: `${event.key} was due at ${started.dueAtMs} ms` }];
  });
};

const thawedBy = (event: TraceEvent): ActorId | null =>
  event.kind === 'command' && event.command.do === 'thaw' ? `member/${event.command.member}` : null;

/**
 * The coordinator gives a member up as silent only when its session has passed since it last took
 * one of its requests for good.
 */
export const sessionsEndBySilenceOnly: Check = (trace) => {
  const heardAtMs = new Map<string, number>();
  return trace.events.flatMap((event): Breach[] => {
    const isOfCoordinator = event.kind === 'messageSent' && event.actor === 'coordinator';
    const alive = isOfCoordinator ? takenFrom(trace, event) : null;
    if (alive !== null) heardAtMs.set(alive, event.atMs);
    if (event.kind !== 'timerFired' || event.actor !== 'coordinator') return [];
    const started = trace.events[event.startedStep];
    if (started?.kind !== 'timerStarted' || started.timer !== 'session') return [];
    const memberId = started.key.slice(started.key.indexOf('/') + 1);
    const heardMs = heardAtMs.get(memberId);
    if (heardMs === undefined || event.atMs - heardMs >= started.afterMs) return [];
    return [{ step: event.step, found: `it was heard ${event.atMs - heardMs} ms ago` }];
  });
};

/** The member whose request an answer takes for a sign of life. */
function takenFrom(trace: Trace, { message, answers }: EventOf<'messageSent'>): MemberId | null {
  const asked = answers === null ? undefined : trace.events[answers];
  if (asked?.kind !== 'messageSent' || memberOf(asked.actor) === null) return null;
  return isTaken(message) && 'memberId' in asked.message ? asked.message.memberId : null;
}

function isTaken(message: GroupMessage): boolean {
  switch (message.type) {
    case 'HeartbeatResponse':
      return ['NONE', 'REBALANCE_IN_PROGRESS'].includes(message.errorCode);
    case 'ConsumerGroupHeartbeatResponse':
      // Leaving is no sign of life: the session of a static member that is away runs on.
      return message.errorCode === 'NONE' && message.memberEpoch >= 0;
    default:
      return false;
  }
}
