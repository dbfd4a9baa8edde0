import { memberOf } from '../protocol/ids.ts';
import { describeCommand } from './describe.ts';
import type { Trace, TraceEvent } from './events.ts';
import { disturbancesOf } from './settling.ts';

/** A point that a run reached after something that the script did to the group. */
export interface Milestone {
  /** `start C3: generation 2 stable`, `start C3: C1 assigned`; a repeated one has its number. */
  readonly name: string;
  /** Since the command, or since the first message that it brought about; as of a settling time. */
  readonly elapsedMs: number;
}

/**
 * What a run reached after each command, in order of the script, then of time: stable generations of
 * a classic group, the last assigned call of each member, and with it the group at rest.
 */
export function milestonesOf(trace: Trace): readonly Milestone[] {
  const seen = new Map<string, number>();
  return disturbancesOf(trace).flatMap(({ command, fromMs, during }) => {
    const reached = new Map<string, number>();
    for (const event of during) {
      const name = reachedAt(event);
      if (name === null || event.atMs < fromMs) continue;
      // The last of a name counts, and stands where it belongs in time.
      reached.delete(name);
      reached.set(name, event.atMs - fromMs);
    }
    return [...reached].map(([name, elapsedMs]) => {
      const whole = `${describeCommand(command)}: ${name}`;
      const count = (seen.get(whole) ?? 0) + 1;
      seen.set(whole, count);
      return { name: count === 1 ? whole : `${whole} (${count})`, elapsedMs };
    });
  });
}

function reachedAt(event: TraceEvent): string | null {
  if (event.kind === 'callbackLeft' && event.callback === 'assigned') {
    return `${memberOf(event.actor) ?? '?'} assigned`;
  }
  // Epochs of a consumer group are counted differently by timing.
  const isStable = event.kind === 'groupState' && event.to === 'Stable';
  return isStable && event.from === 'CompletingRebalance'
    ? `generation ${event.generationId} stable`
    : null;
}

/** How long several runs took to a milestone. */
export interface TimeRange {
  readonly name: string;
  /** How many of the runs reached it. */
  readonly count: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** The milestones of several runs, each once, in the order of the first run that has it. */
export function timeRanges(traces: readonly Trace[]): readonly TimeRange[] {
  const times = new Map<string, number[]>();
  for (const { name, elapsedMs } of traces.flatMap(milestonesOf)) {
    times.set(name, [...(times.get(name) ?? []), elapsedMs]);
  }
  return [...times].map(([name, all]) => {
    const sorted = all.sort((a, b) => a - b);
    const at = (index: number): number => sorted[index] ?? 0;
    const middle = (sorted.length - 1) / 2;
    return {
      name,
      count: sorted.length,
      minMs: at(0),
      medianMs: Math.round((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
      maxMs: at(sorted.length - 1),
    };
  });
}
