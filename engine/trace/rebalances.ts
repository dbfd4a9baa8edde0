import type { Trace } from './events.ts';

/** From the change to the next stable group, or to the end of the trace. */
export interface Rebalance {
  /** 1 for the first of the trace. */
  readonly number: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The generation it led to; null when it did not end. */
  readonly generationId: number | null;
  /** Why it began, one sentence. */
  readonly reason: string;
}

export function rebalancesOf(_trace: Trace): readonly Rebalance[] {
  throw new Error('not yet');
}
