import type { MemberName } from '../protocol/ids.ts';
import type { Trace } from './events.ts';
import { memberSteps, type MemberStep } from './member-steps.ts';

/**
 * How the two sides of a row stand to each other. `free`: they differ, but not in anything that
 * outcomes are compared by, such as the number and order of refused heartbeats; `allowed`: by a rule.
 */
export type RowMark = 'same' | 'free' | 'allowed' | 'divergence';

/** A step of either run, or of one of them alone. */
export interface AlignedRow {
  readonly left: MemberStep | null;
  readonly right: MemberStep | null;
  readonly mark: RowMark;
  /** The name of the rule that allows it, where one does. */
  readonly rule: string | null;
}

/** What one member did in two runs, side by side. */
export interface MemberAlignment {
  readonly member: MemberName;
  readonly rows: readonly AlignedRow[];
}

/** Where two runs part for the first time. */
export interface Parting {
  readonly member: MemberName;
  /** Where each side is then; of a step that a side lacks, the last thing before it. */
  readonly leftStep: number;
  readonly rightStep: number;
  /** What each side did there, one sentence. */
  readonly sentence: string;
  /** The name of the rule that allows it, or null: a divergence. */
  readonly rule: string | null;
}

/** A place where two outcomes differ: `callbacks.C2`, `generations[1].assignment`. */
interface OutcomeDifference {
  readonly path: string;
  readonly rule: string | null;
}

/**
 * Lays two runs side by side, member by member: by the order in which each member did what it did
 * and by its generations, not by the clock. Random ids count as the member that has them.
 *
 * @param differences what the outcomes of the runs differ in, which says of a row whether it matters.
 */
export function alignTraces(
  left: Trace,
  right: Trace,
  differences: readonly OutcomeDifference[],
): readonly MemberAlignment[] {
  const [lefts, rights] = [memberSteps(left), memberSteps(right)];
  return [...new Set([...lefts.keys(), ...rights.keys()])].map((member) => {
    const pairs = alignSteps(lefts.get(member) ?? [], rights.get(member) ?? []);
    return { member, rows: pairs.map((pair) => ({ ...pair, ...judge(pair, differences) })) };
  });
}

/** The first row that matters, of a divergence before of anything that is allowed; null when none does. */
export function partingOf(
  alignments: readonly MemberAlignment[],
  sides: readonly [string, string] = ['left', 'right'],
): Parting | null {
  for (const mark of ['divergence', 'allowed'] as const) {
    const found = alignments.flatMap(({ member, rows }) => {
      const index = rows.findIndex((row) => row.mark === mark);
      return index < 0 ? [] : [{ member, rows, index, atMs: timeOf(rows[index]) }];
    });
    const [first] = found.sort((a, b) => a.atMs - b.atMs);
    if (first !== undefined) return toParting(first, sides);
  }
  return null;
}

const timeOf = (row: AlignedRow | undefined): number => (row?.left ?? row?.right)?.atMs ?? 0;

function toParting(
  { member, rows, index }: MemberAlignment & { readonly index: number },
  [leftName, rightName]: readonly [string, string],
): Parting {
  const before = rows.slice(0, index + 1);
  const lastOf = (side: 'left' | 'right'): number =>
    before.findLast((row) => row[side] !== null)?.[side]?.step ?? 0;
  const row = rows[index];
  const sentence = `${member}: ${say(leftName, row?.left)}, ${say(rightName, row?.right)}.`;
  return {
    member,
    leftStep: lastOf('left'),
    rightStep: lastOf('right'),
    sentence,
    rule: row?.rule ?? null,
  };
}

const say = (side: string, step: MemberStep | null | undefined): string =>
  step === null || step === undefined
    ? `${side} has nothing like it`
    : `${side} has “${step.text}” at ${step.atMs} ms`;

type Pair = Pick<AlignedRow, 'left' | 'right'>;

function judge(
  { left, right }: Pair,
  differences: readonly OutcomeDifference[],
): Pick<AlignedRow, 'mark' | 'rule'> {
  if (left?.text === right?.text) return { mark: 'same', rule: null };
  const about = [...(left?.about ?? []), ...(right?.about ?? [])];
  const found = differences.filter(({ path }) =>
    about.some((part) => path === part || path.startsWith(`${part}[`)),
  );
  const [first] = found;
  if (first === undefined) return { mark: 'free', rule: null };
  return found.some(({ rule }) => rule === null)
    ? { mark: 'divergence', rule: null }
    : { mark: 'allowed', rule: first.rule };
}

/** Simplification: steps are aligned by so many at a time, so that time and memory stay small. */
const MOST_STEPS = 2_000;

function alignSteps(left: readonly MemberStep[], right: readonly MemberStep[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let from = 0; from < Math.max(left.length, right.length); from += MOST_STEPS) {
    const upTo = from + MOST_STEPS;
    pairs.push(...alignPart(left.slice(from, upTo), right.slice(from, upTo)));
  }
  return pairs;
}

/**
 * What pairing two steps is worth. Most of all counts how many are the same in both runs (a longest
 * common subsequence); then how many stand for each other; then that they are of one generation.
 */
function worthOf(left: MemberStep, right: MemberStep): number {
  if (left.kind !== right.kind) return 0;
  const ofGeneration = left.generation === right.generation ? 2 : 1;
  return left.text === right.text ? 10_000 + ofGeneration : ofGeneration;
}

/** By dynamic programming, from the ends to the beginnings. */
function alignPart(left: readonly MemberStep[], right: readonly MemberStep[]): readonly Pair[] {
  const width = right.length + 1;
  /** At `i * width + j`: the most that the steps from `i` on the left and `j` on the right are worth. */
  const most = new Float64Array((left.length + 1) * width);
  const at = (i: number, j: number): number => most[i * width + j] ?? 0;
  const paired = (i: number, j: number): number => {
    const [a, b] = [left[i], right[j]];
    const worth = a === undefined || b === undefined ? 0 : worthOf(a, b);
    return worth === 0 ? 0 : worth + at(i + 1, j + 1);
  };
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      most[i * width + j] = Math.max(paired(i, j), at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const isLeft = i < left.length;
    const isRight = j < right.length;
    const isPair = isLeft && isRight && paired(i, j) > 0 && paired(i, j) === at(i, j);
    const takesLeft = isPair || (isLeft && (!isRight || at(i + 1, j) === at(i, j)));
    const takesRight = isPair || !takesLeft;
    pairs.push({
      left: takesLeft ? (left[i] ?? null) : null,
      right: takesRight ? (right[j] ?? null) : null,
    });
    if (takesLeft) i += 1;
    if (takesRight) j += 1;
  }
  return pairs;
}
