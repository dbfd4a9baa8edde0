import type { Trace } from './events.ts';
import { describe } from './describe.ts';

/** One link of a chain of causes: a step and the sentence about it. */
export interface Link {
  readonly step: number;
  readonly sentence: string;
}

/**
 * From a step back to its first origin: the step itself comes first, then what brought it about,
 * and so on to a command of the script or to the beginning.
 */
export function why(trace: Trace, step: number): readonly Link[] {
  const links: Link[] = [];
  let next: number | null = step;
  while (next !== null) {
    links.push({ step: next, sentence: describe(trace, next) });
    const cause: number | null = trace.events[next]?.cause ?? null;
    if (cause !== null && cause >= next) throw new Error(`bug: step ${next} is caused by ${cause}`);
    next = cause;
  }
  return links;
}
