import type { MemberId, MemberName } from './protocol/ids.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Trace } from './trace/events.ts';

export interface SimulateOptions {
  /** Whole number; the same seed gives the same trace. 1 when not given. */
  readonly seed?: number;
  /** Ids to hand out, in order for each member, as a recording's `memberIds`; then from the seed. */
  readonly memberIds?: ReadonlyMap<MemberName, readonly MemberId[]>;
}

/** Runs a scenario. */
export function simulate(_scenario: Scenario, _options: SimulateOptions = {}): Trace {
  throw new Error('not yet');
}
