import type { Trace } from '../events.ts';

/** Where a trace breaks a promise. */
export interface Breach {
  readonly step: number;
  /** What stands there instead, in a few words. */
  readonly found: string;
}

/** Goes through a trace once and returns where it breaks one promise. */
export type Check = (trace: Trace) => readonly Breach[];
