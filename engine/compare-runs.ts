import { printScenario } from './scenarios/print-scenario.ts';
import { compareOutcomes, compareTraces, type Verdict } from './trace/compare.ts';
import type { Found } from './trace/compare-rules.ts';
import { idsOf, type Trace } from './trace/events.ts';
import type { Outcome } from './trace/outcome-types.ts';
import { outcomeOf } from './trace/outcome.ts';
import { simulate } from './simulate.ts';

/** Compares two runs; what follows from the random ids that each of them got is allowed. */
export function compareRuns(left: Trace, right: Trace): Verdict {
  const verdict = compareTraces(left, right);
  if (verdict.result !== 'divergence') return verdict;
  return compareTraces(left, right, { byIds: differencesByIds(left, right) });
}

/**
 * Where the outcomes of two runs of one scenario differ because of the ids that members and topics
 * got, which are random in a real cluster while some assignors go by their hash order: what two
 * simulations differ in that have the ids of either. Nothing for runs of two scenarios.
 */
export function differencesByIds(left: Trace, right: Trace): readonly Found[] {
  if (
    JSON.stringify(printScenario(left.scenario)) !== JSON.stringify(printScenario(right.scenario))
  )
    return [];
  const simulated = (trace: Trace): Outcome => outcomeOf(simulate(trace.scenario, idsOf(trace)));
  return compareOutcomes(simulated(left), simulated(right)).differences;
}
