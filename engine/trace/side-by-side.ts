import { groupProtocolOf } from '../scenarios/member-settings.ts';
import type { AlignedRow, MemberAlignment, Parting, RowMark } from './align.ts';
import type { Trace } from './events.ts';
import type { MemberStep } from './member-steps.ts';

/** What texts and pages put between the two sides of a row. */
export const ROW_MARKS: Readonly<
  Record<RowMark, { readonly sign: string; readonly means: string }>
> = {
  same: { sign: '=', means: 'same' },
  free: { sign: '~', means: 'free to differ' },
  allowed: { sign: '≈', means: 'allowed by a rule' },
  divergence: { sign: '≠', means: 'divergence' },
};

/** A line of what one member did in two runs. */
export type SideBySideLine =
  /** From here on the member is in another generation or epoch, in one run or in both. */
  | { readonly type: 'generation'; readonly left: string; readonly right: string }
  /** The runs part at the row after it. */
  | { readonly type: 'parting' }
  | { readonly type: 'row'; readonly row: AlignedRow }
  /** So many rows are not among the lines. */
  | { readonly type: 'leftOut'; readonly rowCount: number };

/** Two runs that are laid side by side. */
export interface TwoRuns {
  readonly left: Trace;
  readonly right: Trace;
  readonly parting: Parting | null;
}

/** How many rows stand before the first one that matters, where not all are shown. */
const ROWS_BEFORE = 5;

/**
 * What one member did in two runs, line by line.
 *
 * @param mostRows shows no more rows than that, those about the first that matters; null shows all.
 */
export function sideBySide(
  { member, rows }: MemberAlignment,
  { left, right, parting }: TwoRuns,
  mostRows: number | null = null,
): readonly SideBySideLine[] {
  const word = wordOf(left, member) ?? wordOf(right, member) ?? 'generation';
  const partsAt =
    parting?.member === member ? rows.findIndex((row) => isParting(row, parting)) : -1;
  const { from, upTo } = rowsShown(rows, mostRows);
  const lines: SideBySideLine[] = [];
  if (from > 0) lines.push({ type: 'leftOut', rowCount: from });
  let known = { left: `in no ${word}`, right: `in no ${word}` };
  let said = known;
  for (const [index, row] of rows.slice(0, upTo).entries()) {
    known = {
      left: generationIn(row.left, word, known.left),
      right: generationIn(row.right, word, known.right),
    };
    if (index < from) continue;
    if (known.left !== said.left || known.right !== said.right) {
      lines.push({ type: 'generation', ...known });
      said = known;
    }
    if (index === partsAt) lines.push({ type: 'parting' });
    lines.push({ type: 'row', row });
  }
  if (upTo < rows.length) lines.push({ type: 'leftOut', rowCount: rows.length - upTo });
  return lines;
}

/** A divergence parts the runs where there is one, and else the first thing that a rule allows. */
const isParting = ({ mark }: AlignedRow, { rule }: Parting): boolean =>
  mark === (rule === null ? 'divergence' : 'allowed');

function rowsShown(
  rows: readonly AlignedRow[],
  mostRows: number | null,
): { readonly from: number; readonly upTo: number } {
  if (mostRows === null || rows.length <= mostRows) return { from: 0, upTo: rows.length };
  const diverges = rows.findIndex(({ mark }) => mark === 'divergence');
  const matters = diverges >= 0 ? diverges : rows.findIndex(({ mark }) => mark === 'allowed');
  const from = Math.min(Math.max(0, matters - ROWS_BEFORE), rows.length - mostRows);
  return { from, upTo: from + mostRows };
}

/** What the member counts by, where it is in that run. */
function wordOf({ scenario }: Trace, name: string): string | null {
  const member = scenario.members.find((each) => each.name === name);
  if (member === undefined) return null;
  return groupProtocolOf(member) === 'consumer' ? 'epoch' : 'generation';
}

function generationIn(step: MemberStep | null, word: string, before: string): string {
  if (step === null) return before;
  return step.generation === null ? `in no ${word}` : `${word} ${step.generation}`;
}
