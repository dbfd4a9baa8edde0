import type { Scenario } from '../scenarios/scenario.ts';
import { alignTraces, partingOf, type Parting } from './align.ts';
import {
  NO_DIFFERENCES,
  isSame,
  ruleFor,
  type Found,
  type Freedoms,
  type Rule,
  type SimulatedDifferences,
} from './compare-rules.ts';
import type { Trace } from './events.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome-types.ts';

/** One place where two runs differ. */
export interface Difference {
  /** Such as `callbacks.C2` or `generations[1].assignment`. */
  readonly path: string;
  /** What kind of thing differs, in a few words: `other assignor`. */
  readonly name: string;
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
  /**
   * Where the runs part for the first time, by a divergence where there is one; null when they do not,
   * or where it is not known, as of outcomes alone.
   */
  readonly parting: Parting | null;
}

/**
 * Compares what two runs came to.
 *
 * @param clients the client of each member on either side, where it is known; without it no rule
 *   about clients applies.
 * @param simulated what their simulations differ in; nothing where they are not of one scenario.
 */
export function compareOutcomes(
  left: Outcome,
  right: Outcome,
  clients: { readonly left: Scenario | null; readonly right: Scenario | null } = {
    left: null,
    right: null,
  },
  simulated: SimulatedDifferences = NO_DIFFERENCES,
): Verdict {
  const varies = new Set([...(left.varies ?? []), ...(right.varies ?? [])]);
  const freedoms: Freedoms = { varies, simulated, ...clients };
  const differences = [
    ...compareGenerations(left, right),
    ...compareByKey('callbacks', left.callbacks, right.callbacks),
    ...compareByKey('errors', left.errors, right.errors),
    ...compareByKey('redelivered', left.redelivered, right.redelivered),
    ...compareByKey('final', left.final, right.final),
  ].map((found) => judge(found, ruleFor(found, freedoms)));
  const verdict = summarize(differences);
  const other = otherClients(clients.left, clients.right);
  if (other === null || verdict.result === 'same') return verdict;
  return { ...verdict, summary: `${verdict.summary} ${other}` };
}

/** Runs of other clients differ for that reason before any other; null when they are the same. */
function otherClients(left: Scenario | null, right: Scenario | null): string | null {
  if (left === null || right === null) return null;
  const changed = new Map<string, string[]>();
  for (const { name, client } of left.members) {
    const other = right.members.find((member) => member.name === name)?.client ?? client;
    if (other === client) continue;
    const pair = `${client} on the left, ${other} on the right`;
    changed.set(pair, [...(changed.get(pair) ?? []), name]);
  }
  if (changed.size === 0) return null;
  const pairs = [...changed].map(([pair, names]) => `${pair} (${names.join(', ')})`);
  return `The clients differ: ${pairs.join('; ')}.`;
}

/** What is known to be free between two runs, beside what follows from their scenarios. */
export interface KnownFreedoms {
  /** As of `compareOutcomes`. */
  readonly simulated?: SimulatedDifferences;
  /** Paths that recorded runs of the scenario differed in among themselves, as an outcome has them. */
  readonly varies?: readonly string[];
}

/** Compares two runs, and finds the steps at which they part. */
export function compareTraces(
  left: Trace,
  right: Trace,
  { simulated = NO_DIFFERENCES, varies = [] }: KnownFreedoms = {},
): Verdict {
  const scenarios = { left: left.scenario, right: right.scenario };
  const outcome = { ...outcomeOf(left), varies };
  const verdict = compareOutcomes(outcome, outcomeOf(right), scenarios, simulated);
  if (verdict.result === 'same') return verdict;
  const alignments = alignTraces(left, right, verdict.differences);
  return { ...verdict, parting: partingOf(alignments, sidesOf(left, right)) };
}

/** What messages call the two runs. */
export const sidesOf = (left: Trace, right: Trace): readonly [string, string] =>
  left.source === right.source ? ['left', 'right'] : [left.source, right.source];

function compareGenerations(left: Outcome, right: Outcome): readonly Found[] {
  const length = Math.max(left.generations.length, right.generations.length);
  return Array.from({ length }, (_, index) => index).flatMap((index): readonly Found[] => {
    const a = left.generations[index];
    const b = right.generations[index];
    const path = `generations[${index}]`;
    if (a === undefined || b === undefined) {
      return [{ path, left: a ?? null, right: b ?? null }];
    }
    const parts = ['generationId', 'protocolName', 'leader', 'assignment'] as const;
    return parts
      .filter((part) => !isSame(a[part], b[part]))
      .map((part) => ({ path: `${path}.${part}`, left: a[part], right: b[part] }));
  });
}

function compareByKey(
  part: string,
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): readonly Found[] {
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return keys
    .filter((key) => !isSame(left[key] ?? null, right[key] ?? null))
    .map((key) => ({ path: `${part}.${key}`, left: left[key] ?? null, right: right[key] ?? null }));
}

function judge(found: Found, rule: Rule | null): Difference {
  const name = nameOf(found.path);
  const what = `${name}, ${found.path}: ${printValue(found.left)} against ${printValue(found.right)}`;
  const sentence = rule === null ? `${what}.` : `${what}; allowed, because ${rule.reason}.`;
  return { ...found, name, rule: rule?.name ?? null, sentence };
}

/** By the last part of a path that says what it is about. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^generations.*\.protocolName$/, 'other assignor'],
  [/^generations.*\.assignment$/, 'other assignment'],
  [/^generations.*\.leader$/, 'other leader'],
  [/^generations.*\.generationId$/, 'other generation id'],
  [/^generations/, 'other number of generations'],
  [/^callbacks/, 'other listener calls'],
  [/^errors/, 'other errors'],
  [/^redelivered/, 'other redeliveries'],
  [/^final/, 'other owners at the end'],
];

const nameOf = (path: string): string =>
  NAMES.find(([pattern]) => pattern.test(path))?.[1] ?? 'other value';

const LONGEST_VALUE = 160;

function printValue(value: unknown): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function summarize(differences: readonly Difference[]): Verdict {
  const diverging = differences.filter(({ rule }) => rule === null);
  if (differences.length === 0) {
    const summary = 'Same outcome: generations, callbacks, errors, redeliveries and owners agree.';
    return { result: 'same', differences, summary, parting: null };
  }
  if (diverging.length === 0) {
    const rules = [...new Set(differences.map(({ rule }) => rule))].join(', ');
    const summary = `Same but for ${countOf(differences)}, all allowed (${rules}).`;
    return { result: 'allowed', differences, summary, parting: null };
  }
  const summary = `The runs diverge in ${countOf(diverging)}; the first is ${diverging[0]?.path ?? ''}.`;
  return { result: 'divergence', differences, summary, parting: null };
}

const countOf = (differences: readonly Difference[]): string =>
  differences.length === 1 ? 'one place' : `${differences.length} places`;
