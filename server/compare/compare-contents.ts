import {
  compareOutcomes,
  compareRuns,
  circumstancesOf,
  outcomeOf,
  simulate,
  type Outcome,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import type { Content } from '../files.ts';
import { prefixOf, withPrefix } from '../run/own-names.ts';

/** What comparing two files came to. */
export interface Comparison {
  readonly verdict: Verdict;
  /** The runs, where both files have one: an outcome alone has no steps to show. */
  readonly runs: { readonly left: Trace; readonly right: Trace } | null;
}

/** Compares what two files hold; scenarios are simulated on the spot. */
export function compareContents(left: Content, right: Content): Comparison {
  const [a, b] = [traceOf(left, right), traceOf(right, left)];
  if (a !== null && b !== null) return { verdict: compareRuns(a, b), runs: { left: a, right: b } };
  const clients = { left: a?.scenario ?? null, right: b?.scenario ?? null };
  const verdict = compareOutcomes(outcomeIn(left, a), outcomeIn(right, b), clients);
  return { verdict, runs: null };
}

/**
 * A scenario is simulated with the ids of the run that it is compared with, and as that run was on a broker of
 * somebody else: with its names, because assignors go by their order, and with what that broker was set to.
 * An outcome has no trace.
 */
function traceOf(content: Content, other: Content): Trace | null {
  if (content.type === 'trace') return content.trace;
  if (content.type === 'outcome') return null;
  if (other.type !== 'trace') return simulate(content.scenario);
  const { scenario } = other.trace;
  const prefix = prefixOf(scenario);
  const { broker } = prefix === '' ? content.scenario : scenario;
  return simulate(
    withPrefix({ ...content.scenario, broker }, prefix),
    circumstancesOf(other.trace),
  );
}

function outcomeIn(content: Content, trace: Trace | null): Outcome {
  if (content.type === 'outcome') return content.outcome;
  if (trace === null) throw new Error('bug: neither an outcome nor a trace');
  return outcomeOf(trace);
}
