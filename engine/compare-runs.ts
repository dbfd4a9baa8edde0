import { printScenario } from './scenarios/print-scenario.ts';
import { compareOutcomes, compareTraces, type Verdict } from './trace/compare.ts';
import { NO_DIFFERENCES, type SimulatedDifferences } from './trace/compare-rules.ts';
import { circumstancesOf, type Circumstances, type Trace } from './trace/events.ts';
import type { Outcome } from './trace/outcome-types.ts';
import { outcomeOf } from './trace/outcome.ts';
import { simulate } from './simulate.ts';

/** Compares two runs; what follows from the circumstances of each is allowed. */
export function compareRuns(left: Trace, right: Trace): Verdict {
  const verdict = compareTraces(left, right);
  if (verdict.result !== 'divergence') return verdict;
  return compareTraces(left, right, { simulated: differencesByCircumstances(left, right) });
}

/**
 * Where the outcomes of two runs of one scenario differ because of the ids that members and topics
 * got, which are random in a real cluster while some assignors go by their hash order, and because of
 * the versions of their brokers. Nothing for runs of two scenarios.
 */
export function differencesByCircumstances(left: Trace, right: Trace): SimulatedDifferences {
  if (
    JSON.stringify(printScenario(left.scenario)) !== JSON.stringify(printScenario(right.scenario))
  )
    return NO_DIFFERENCES;
  const [ofLeft, ofRight] = [circumstancesOf(left), circumstancesOf(right)];
  const simulated = (circumstances: Circumstances): Outcome =>
    outcomeOf(simulate(left.scenario, circumstances));
  const { memberIds, topicIds } = ofRight;
  const first = simulated(ofLeft);
  const onSameVersion = simulated({ ...ofLeft, memberIds, topicIds });
  return {
    byIds: compareOutcomes(first, onSameVersion).differences,
    byIdsAndVersions: compareOutcomes(first, simulated(ofRight)).differences,
  };
}
