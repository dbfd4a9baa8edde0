import { settingOfClock } from './clock-settings.ts';
import { describe } from './describe.ts';
import type { Trace } from './events.ts';

/** One link of a chain of causes: a step and the sentence about it. */
export interface Link {
  readonly step: number;
  readonly sentence: string;
}

/**
 * From a step back to its first origin: the step itself comes first, then what brought it about,
 * and so on to a command of the script or to the beginning. A clock that has run out is told with
 * the setting that it goes by.
 */
export function why(trace: Trace, step: number): readonly Link[] {
  const links: Link[] = [];
  let next: number | null = step;
  while (next !== null) {
    links.push({ step: next, sentence: sentenceOf(trace, next) });
    const cause: number | null = trace.events[next]?.cause ?? null;
    if (cause !== null && cause >= next) throw new Error(`bug: step ${next} is caused by ${cause}`);
    next = cause;
  }
  return links;
}

function sentenceOf(trace: Trace, step: number): string {
  const sentence = describe(trace, step);
  const event = trace.events[step];
  const started = event?.kind === 'timerFired' ? trace.events[event.startedStep] : undefined;
  if (started?.kind !== 'timerStarted') return sentence;
  const setting = settingOfClock(trace.scenario, started);
  return setting === null ? sentence : `${sentence.slice(0, -1)}: ${setting}.`;
}
