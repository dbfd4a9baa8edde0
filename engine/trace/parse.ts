import type { Trace } from './events.ts';
import type { Outcome } from './outcome-types.ts';

export function parseOutcome(_value: unknown, _what?: string): Outcome {
  throw new Error('not yet');
}

/** Reads the text that `printTrace` wrote. */
export function parseTrace(_text: string, _what?: string): Trace {
  throw new Error('not yet');
}

/** A trace as JSON Lines: a header, then one event a line. */
export function printTrace(_trace: Trace): string {
  throw new Error('not yet');
}
