import { describe, expect, it } from 'vitest';
import {
  alignTraces,
  compareTraces,
  existing,
  circumstancesOf,
  sideBySide,
  simulate,
  type MemberAlignment,
  type RowMark,
  type SideBySideLine,
} from '../../../engine/index.ts';
import { readCase } from '../../support/recordings.ts';

const { scenario, trace: right } = readCase('eager-join');
const left = simulate(scenario, circumstancesOf(right));
const runs = { left, right, parting: null };
const alignments = alignTraces(left, right, []);
const first = existing(alignments[0], 'alignment');

/** As many rows as marks; what they hold does not matter. */
const withMarks = (marks: readonly RowMark[]): MemberAlignment => ({
  member: first.member,
  rows: marks.map((mark) => ({ ...existing(first.rows[0], 'row'), mark })),
});
const marksOf = (lines: readonly SideBySideLine[]): readonly (RowMark | number)[] =>
  lines.flatMap((line): readonly (RowMark | number)[] => {
    if (line.type === 'row') return [line.row.mark];
    return line.type === 'leftOut' ? [line.rowCount] : [];
  });
const same = (count: number): readonly RowMark[] => Array.from({ length: count }, () => 'same');

describe('sideBySide', () => {
  it('has every row of a member, and says at which ones it comes into another generation', () => {
    const lines = sideBySide(first, runs);
    expect(lines.flatMap((line) => (line.type === 'row' ? [line.row] : []))).toEqual(first.rows);
    expect(lines.filter(({ type }) => type === 'generation')).toEqual([
      { type: 'generation', left: 'generation 1', right: 'generation 1' },
      { type: 'generation', left: 'generation 2', right: 'generation 2' },
    ]);
  });

  it('counts epochs of a member of the consumer protocol', () => {
    const { trace } = readCase('consumer-protocol-join');
    const alignment = existing(alignTraces(trace, trace, [])[0], 'alignment');
    const lines = sideBySide(alignment, { left: trace, right: trace, parting: null });
    expect(lines.find(({ type }) => type === 'generation')).toEqual({
      type: 'generation',
      left: 'epoch 2',
      right: 'epoch 2',
    });
  });

  it('says before which row the runs part, of the member alone that does it', () => {
    // The second member is told of another partition than the first run has.
    const changed = {
      ...right,
      events: right.events.map((event) =>
        event.kind === 'callbackEntered' && event.actor === 'member/C2'
          ? { ...event, partitions: [] }
          : event,
      ),
    };
    const { differences, parting } = compareTraces(left, changed);
    expect(parting?.member).toBe('C2');
    const lines = alignTraces(left, changed, differences).map((alignment) => ({
      member: alignment.member,
      lines: sideBySide(alignment, { left, right: changed, parting }),
    }));
    const parted = lines.filter(({ lines }) => lines.some(({ type }) => type === 'parting'));
    expect(parted.map(({ member }) => member)).toEqual(['C2']);
    const at = existing(parted[0], 'member').lines.findIndex(({ type }) => type === 'parting');
    expect(existing(parted[0], 'member').lines[at + 1]).toMatchObject({
      row: {
        mark: 'divergence',
        left: { step: parting?.leftStep },
        right: { step: parting?.rightStep },
      },
    });
  });

  it('shows no more rows than it is told to, those about the first divergence', () => {
    const long = withMarks([...same(20), 'allowed', ...same(20), 'divergence', ...same(20)]);
    expect(marksOf(sideBySide(long, runs, 8))).toEqual([
      36,
      ...same(5),
      'divergence',
      ...same(2),
      18,
    ]);
  });

  it('begins with what a rule allows where nothing diverges, and with the first row where all agree', () => {
    const allowed = withMarks([...same(9), 'allowed', ...same(9)]);
    expect(marksOf(sideBySide(allowed, runs, 7))).toEqual([4, ...same(5), 'allowed', 'same', 8]);
    expect(marksOf(sideBySide(withMarks(same(9)), runs, 7))).toEqual([...same(7), 2]);
  });

  it('fills what it may show where the divergence is at the end', () => {
    const late = withMarks([...same(12), 'divergence']);
    expect(marksOf(sideBySide(late, runs, 10))).toEqual([3, ...same(9), 'divergence']);
  });

  it('leaves nothing out of a member whose rows have room', () => {
    const short = withMarks(['same', 'divergence', 'same']);
    expect(marksOf(sideBySide(short, runs, 3))).toEqual(['same', 'divergence', 'same']);
  });

  it('says in which generation a member is at the first row that is shown', () => {
    const known = first.rows.findIndex((row) => row.left?.generation === 1);
    const rows = first.rows.map((row, index) =>
      index === known + 6 ? { ...row, mark: 'divergence' as const } : row,
    );
    const [before, line] = sideBySide({ ...first, rows }, runs, 6);
    expect(before).toEqual({ type: 'leftOut', rowCount: known + 1 });
    expect(line).toEqual({ type: 'generation', left: 'generation 1', right: 'generation 1' });
  });
});
