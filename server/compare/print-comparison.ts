import wrapAnsi from 'wrap-ansi';
import {
  ROW_MARKS,
  alignTraces,
  sideBySide,
  unreachable,
  type AlignedRow,
  type MemberAlignment,
  type MemberStep,
  type SideBySideLine,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';

/** A verdict with every difference, one a line, and where the runs part. */
export function printVerdict({ summary, differences, parting }: Verdict): string {
  const lines = differences.map(
    ({ sentence, rule }) => `- ${rule === null ? 'divergence' : `allowed (${rule})`}: ${sentence}`,
  );
  const where = parting === null ? [] : [`They part first at ${parting.sentence}`];
  return `${[summary, ...lines, ...where].join('\n')}\n`;
}

/** The two runs that are printed, and what their columns are called. */
export interface SideBySide {
  readonly left: Trace;
  readonly right: Trace;
  readonly names: readonly [string, string];
  readonly verdict: Verdict;
}

const LEGEND = [
  Object.values(ROW_MARKS)
    .map(({ sign, means }) => `${sign} ${means}`)
    .join('   '),
  'Rows are lined up by the order of what each member did, not by the clock; heartbeats and commits',
  'that brought nothing new are left out. By what is free to differ no outcome is compared.',
];

/**
 * Two columns, a part for each member, a row for each thing that it did or was told.
 *
 * @param isWhole prints every member; else those alone that a divergence is about.
 * @param width of the whole, in characters; longer texts are wrapped in their column.
 */
export function printSideBySide(runs: SideBySide, isWhole: boolean, width: number): string {
  const { left, right, names, verdict } = runs;
  const members = alignTraces(left, right, verdict.differences);
  const diverging = members.filter(({ rows }) => rows.some(({ mark }) => mark === 'divergence'));
  const shown = isWhole || diverging.length === 0 ? members : diverging;
  const alike = members.filter((member) => !shown.includes(member)).map(({ member }) => member);
  const columnWidth = Math.max(LEAST_COLUMN, Math.floor((width - GAP) / 2));
  const lines = [
    ...LEGEND,
    ...shown.flatMap((alignment) => ['', ...linesOf(alignment, runs, names, columnWidth)]),
    ...(alike.length === 0 ? [] : ['', `Without a divergence: ${alike.join(', ')}.`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Room for a time and for Kafka's longest error code. */
const LEAST_COLUMN = 45;
/** Between the columns, with the mark in the middle. */
const GAP = 3;
const TIME_WIDTH = '1234567 ms  '.length;

function linesOf(
  alignment: MemberAlignment,
  { left, right, verdict: { parting } }: SideBySide,
  names: readonly [string, string],
  width: number,
): readonly string[] {
  const heading = besides([`${alignment.member}, ${names[0]}`], ' ', [names[1]], width);
  const lines = sideBySide(alignment, { left, right, parting }).flatMap((line) =>
    printLine(line, width),
  );
  return [...heading, '-'.repeat(width * 2 + GAP), ...lines];
}

function printLine(line: SideBySideLine, width: number): readonly string[] {
  switch (line.type) {
    case 'generation':
      return besides([`-- ${line.left}`], ' ', [`-- ${line.right}`], width);
    case 'parting':
      return ['>>> The runs part here:'];
    case 'row':
      return rowLines(line.row, width);
    case 'leftOut':
      return [`... ${line.rowCount} more`];
    default:
      return unreachable(line, 'printLine');
  }
}

const rowLines = ({ left, right, mark }: AlignedRow, width: number): readonly string[] =>
  besides(cellOf(left, width), ROW_MARKS[mark].sign, cellOf(right, width), width);

function cellOf(step: MemberStep | null, width: number): readonly string[] {
  if (step === null) return ['          -'];
  const text = step.count === 1 ? step.text : `${step.text} (${step.count} times)`;
  const [first = '', ...others] = wrapAnsi(text, width - TIME_WIDTH, { hard: true }).split('\n');
  const time = `${String(step.atMs).padStart(7)} ms  `;
  return [time + first, ...others.map((line) => ' '.repeat(TIME_WIDTH) + line)];
}

function besides(
  left: readonly string[],
  mark: string,
  right: readonly string[],
  width: number,
): readonly string[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, index) =>
    `${(left[index] ?? '').padEnd(width)} ${index === 0 ? mark : ' '} ${right[index] ?? ''}`.trimEnd(),
  );
}
