import type { Trace } from './events.ts';
import type { Outcome } from './outcome-types.ts';

/** One place where two runs differ. */
export interface Difference {
  /** Such as `callbacks.C2` or `generations[1].assignment.C3`. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
  /** The name of the rule that allows it, or null: a divergence. */
  readonly rule: string | null;
  /** One sentence: what differs, and why it may when a rule allows it. */
  readonly sentence: string;
}

/** What comparing two runs came to. */
export interface Verdict {
  readonly result: 'same' | 'allowed' | 'divergence';
  readonly differences: readonly Difference[];
  /** One sentence. */
  readonly summary: string;
  /** Where the runs part for the first time that no rule allows; null when they do not or when not known. */
  readonly firstDivergence: { readonly leftStep: number; readonly rightStep: number } | null;
}

export function compareOutcomes(_left: Outcome, _right: Outcome): Verdict {
  throw new Error('not yet');
}

export function compareTraces(_left: Trace, _right: Trace): Verdict {
  throw new Error('not yet');
}
