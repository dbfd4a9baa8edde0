import { timeRanges, type TimeRange, type Trace } from '../../engine/index.ts';

/** Runs of one scenario that are taken together. */
export interface RunSet {
  /** Such as `3 runs`. */
  readonly title: string;
  readonly traces: readonly Trace[];
}

/**
 * How long two sets of runs took to each milestone, as a table: least, median and most of either, in
 * ms, and how the median of the second lies to the range of the first.
 */
export function printRanges(first: RunSet, second: RunSet): string {
  const [left, right] = [byName(first), byName(second)];
  const rows = [...new Set([...left.keys(), ...right.keys()])].map((name) => {
    const [a, b] = [left.get(name), right.get(name)];
    const notes = [sayPlace(a, b), sayCount(a, first), sayCount(b, second)];
    return [name, ...cellsOf(a), ...cellsOf(b), notes.filter((note) => note !== '').join('; ')];
  });
  const figures = ['min', 'median', 'max'];
  const header = ['ms from the command', ...figures, ...figures, ''];
  const above = ['', first.title, '', '', second.title, '', '', ''];
  const table = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0), column === 0 ? 0 : 6),
  );
  return [above, ...table].map((row) => `${layOut(row, widths).trimEnd()}\n`).join('');
}

const byName = ({ traces }: RunSet): ReadonlyMap<string, TimeRange> =>
  new Map(timeRanges(traces).map((range) => [range.name, range]));

const cellsOf = (range: TimeRange | undefined): readonly string[] =>
  range === undefined
    ? ['-', '-', '-']
    : [range.minMs, range.medianMs, range.maxMs].map((ms) => String(ms));

/** A milestone that not all of the runs reached says how many did. */
const sayCount = (range: TimeRange | undefined, { title, traces }: RunSet): string =>
  range === undefined || range.count === traces.length ? '' : `only ${range.count} of ${title}`;

function sayPlace(first: TimeRange | undefined, second: TimeRange | undefined): string {
  if (first === undefined || second === undefined) return '';
  if (second.medianMs < first.minMs) return `${first.minMs - second.medianMs} ms earlier`;
  if (second.medianMs > first.maxMs) return `${second.medianMs - first.maxMs} ms later`;
  return 'within';
}

/** Names to the left, figures to the right, a gap before each set and before the last column. */
const layOut = (row: readonly string[], widths: readonly number[]): string =>
  row
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      const gap = [1, 4, 7].includes(column) ? '    ' : column === 0 ? '' : '  ';
      const isText = column === 0 || column === 7;
      return gap + (isText ? cell.padEnd(width) : cell.padStart(width));
    })
    .join('');
