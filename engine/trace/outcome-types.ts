import type { CallbackName } from '../protocol/facts.ts';

export const OUTCOME_FORMAT = 'rebalance-outcome/1';

/**
 * What a recording and a simulated run must agree on: no absolute times, no random ids. The shape
 * of the file, so ids are names and partitions are texts; keys are member names or partitions.
 */
export interface Outcome {
  readonly format: typeof OUTCOME_FORMAT;
  readonly generations: readonly OutcomeGeneration[];
  readonly callbacks: Readonly<Record<string, readonly OutcomeCallback[]>>;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly redelivered: Readonly<Record<string, number>>;
  readonly final: Readonly<Record<string, readonly string[]>>;
  /** Only in recorded outcomes: paths that differed between runs of the same scenario. */
  readonly varies?: readonly string[];
}

export interface OutcomeGeneration {
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly assignment: Readonly<Record<string, readonly string[]>>;
}

export interface OutcomeCallback {
  readonly callback: CallbackName;
  readonly partitions: readonly string[];
}
