import { describe, expect, it } from 'vitest';
import {
  alignTraces,
  asMemberName,
  compareTraces,
  existing,
  circumstancesOf,
  simulate,
  type AlignedRow,
  type Trace,
  type TraceEvent,
} from '../../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

const { scenario, trace: recorded } = readCase('eager-join');
const simulated = simulate(scenario, circumstancesOf(recorded));

const align = (left: Trace, right: Trace) =>
  alignTraces(left, right, compareTraces(left, right).differences);

const rowsOf = (left: Trace, right: Trace, name: string): readonly AlignedRow[] =>
  existing(
    align(left, right).find(({ member }) => member === asMemberName(name)),
    name,
  ).rows;

const textsOf = (rows: readonly AlignedRow[]) =>
  rows.map(({ left, right, mark }) => [left?.text ?? null, right?.text ?? null, mark]);

/** The run with some of its events changed. */
const changed = (run: Trace, change: (event: TraceEvent) => TraceEvent): Trace => ({
  ...run,
  events: run.events.map(change),
});

describe('alignTraces', () => {
  it('pairs what a member did in either run, in its own order, with the times of both', () => {
    const rows = rowsOf(simulated, recorded, 'C3');
    expect(textsOf(rows)).toEqual(
      [
        'script: start C3',
        'JoinGroup: MEMBER_ID_REQUIRED',
        'JoinGroup: generation 2, range, follows',
        'SyncGroup: orders-3',
        'listener: assigned orders-3',
      ].map((text) => [text, text, 'same']),
    );
    for (const { left, right } of rows.slice(1)) {
      expect(left?.atMs).not.toBe(right?.atMs);
      expect(recorded.events[right?.step ?? -1]?.atMs).toBe(right?.atMs);
    }
  });

  it('names members, not their random ids, in what a leader deals', () => {
    const texts = rowsOf(simulated, simulate(scenario, { seed: 9 }), 'C1').map(
      ({ right }) => right?.text,
    );
    expect(texts).toContain('SyncGroup: deals C1 orders-0, orders-1; C2 orders-2; C3 orders-3');
  });

  it('folds heartbeats and commits that bring nothing, however many there were', () => {
    const longer = simulate(
      { ...scenario, untilMs: scenario.untilMs + 10_000 },
      circumstancesOf(recorded),
    );
    const rows = rowsOf(longer, recorded, 'C1');
    expect(rows.every(({ mark }) => mark === 'same')).toBe(true);
    expect(rows.some(({ left, right }) => left?.quiet !== right?.quiet)).toBe(true);
  });

  it('sets what one member alone did against nothing, and goes on pairing after it', () => {
    const isC2 = (event: TraceEvent): boolean => event.actor === 'member/C2';
    const silent = changed(recorded, (event) =>
      event.kind === 'callbackEntered' && event.callback === 'revoked' && isC2(event)
        ? { ...event, kind: 'callbackLeft' }
        : event,
    );
    const rows = rowsOf(simulated, silent, 'C2');
    expect(textsOf(rows.filter(({ mark }) => mark !== 'same'))).toEqual([
      ['listener: revoked orders-2, orders-3', null, 'divergence'],
    ]);
    expect(rows.at(-1)).toMatchObject({ mark: 'same', left: { generation: 2 } });
  });

  it('does not shift generations that are there on both sides when one has one more', () => {
    const without = simulate({ ...scenario, script: scenario.script.slice(0, -1) });
    const marks = rowsOf(without, simulated, 'C1').map(({ left, right }) => [
      left?.generation ?? null,
      right?.generation ?? null,
    ]);
    expect(marks.filter(([left]) => left === 1).every(([, right]) => right === 1)).toBe(true);
    expect(marks.some(([left, right]) => left === null && right === 2)).toBe(true);
  });

  it.each(RECORDING_NAMES)('leaves hardly a row of a recorded run unpaired: %s', (name) => {
    const real = readCase(name);
    const rows = align(simulate(real.scenario, circumstancesOf(real.trace)), real.trace).flatMap(
      ({ rows: all }) => all,
    );
    const odd = rows.filter(({ mark }) => mark !== 'same');
    expect(odd.length).toBeLessThanOrEqual(4);
    expect(rows.length).toBeGreaterThan(6);
  });
});

describe('the parting of two runs', () => {
  it('says what each side did where they part, and leads to that step of either', () => {
    const spoilt = changed(recorded, (event) =>
      event.kind === 'callbackEntered' && event.actor === 'member/C3'
        ? { ...event, partitions: [{ topic: 'orders', partition: 2 }] }
        : event,
    );
    const parting = existing(compareTraces(simulated, spoilt).parting, 'parting');
    expect(parting.sentence).toMatch(
      /^C3: simulated has “listener: assigned orders-3” at \d+ ms, recorded has “listener: assigned orders-2” at \d+ ms\.$/,
    );
    expect(parting.rule).toBeNull();
    expect(simulated.events[parting.leftStep]).toMatchObject({ kind: 'callbackEntered' });
    expect(spoilt.events[parting.rightStep]).toMatchObject({ kind: 'callbackEntered' });
  });

  it('carries the name of the rule where all that differs is allowed', () => {
    const { trace, outcome } = readCase('upgrade-two-bounces');
    const verdict = compareTraces(simulate(trace.scenario, circumstancesOf(trace)), trace, {
      varies: outcome.varies ?? [],
    });
    expect(verdict.result).toBe('allowed');
    expect(verdict.parting).toMatchObject({ member: 'C2c', rule: 'varies-between-runs' });
  });

  it('is none between runs that came to the same, whatever is free between them', () => {
    const { scenario: frozen, trace } = readCase('freeze-past-session');
    expect(compareTraces(simulate(frozen, circumstancesOf(trace)), trace).parting).toBeNull();
  });
});
