import type { Trace } from './events.ts';
import type { Outcome } from './outcome-types.ts';

export function outcomeOf(_trace: Trace): Outcome {
  throw new Error('not yet');
}
