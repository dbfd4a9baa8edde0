import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../../../engine/sim/agenda.ts';
import { SEED } from '../../support/builders.ts';

describe('Agenda', () => {
  it('hands entries out by time, and those due together in the order they came', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(delays, (afterMs) => {
        const agenda = new Agenda<number>();
        afterMs.forEach((delay, index) => {
          agenda.schedule(index, delay);
        });
        const expected = afterMs
          .map((delay, index) => ({ delay, index }))
          .sort((a, b) => a.delay - b.delay)
          .map(({ index }) => index);
        const out: number[] = [];
        for (let next = agenda.next(); next !== null; next = agenda.next()) out.push(next);
        expect(out).toEqual(expected);
      }),
      { seed: SEED },
    );
  });

  it('stops at the time of the entry it hands out, so nothing sees a later now', () => {
    const agenda = new Agenda<string>();
    agenda.schedule('late', 50);
    agenda.schedule('early', 20);
    expect(agenda.next()).toBe('early');
    expect(agenda.nowMs).toBe(20);
    agenda.schedule('between', 10);
    expect([agenda.next(), agenda.nowMs]).toEqual(['between', 30]);
    expect(agenda.nextMs).toBe(50);
  });

  it('refuses a delay that is not whole milliseconds', () => {
    expect(() => {
      new Agenda<string>().schedule('x', 0.5);
    }).toThrow('afterMs is 0.5');
  });
});
