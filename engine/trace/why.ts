import type { Trace } from './events.ts';

/** One link of a chain of causes: a step and the sentence about it. */
export interface Link {
  readonly step: number;
  readonly sentence: string;
}

/** From a step back to its first origin: the step itself comes first. */
export function why(_trace: Trace, _step: number): readonly Link[] {
  throw new Error('not yet');
}
