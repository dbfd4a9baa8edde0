import { describe, expect, it } from 'vitest';
import { SCENARIOS, existing, simulate } from '../../engine/index.ts';
import { restMs, stopIndexOf, stopsOf } from '../../site/state/stops.ts';

const trace = simulate(existing(SCENARIOS.get('eager-join'), 'scenario'));
const last = trace.events.length - 1;

describe('stopsOf', () => {
  it('holds every step when every event is asked for', () => {
    expect(stopsOf(trace, 'events')).toEqual(trace.events.map(({ step }) => step));
  });

  it('begins at the first step, ends at the last and never goes back', () => {
    const stops = stopsOf(trace, 'moments');
    expect(stops[0]).toBe(0);
    expect(stops.at(-1)).toBe(last);
    expect([...stops].sort((a, b) => a - b)).toEqual(stops);
    expect(new Set(stops).size).toBe(stops.length);
  });

  it('stops at every message of the rebalance and at no timer that only keeps things going', () => {
    const stops = new Set(stopsOf(trace, 'moments'));
    const joins = trace.events.filter(
      (event) => event.kind === 'messageSent' && event.message.type.startsWith('JoinGroup'),
    );
    expect(joins.length).toBeGreaterThan(0);
    expect(joins.filter(({ step }) => !stops.has(step))).toEqual([]);
    expect(
      trace.events.filter(({ kind, step }) => kind === 'timerStarted' && stops.has(step)),
    ).toEqual([]);
  });

  it('stops at a heartbeat’s answer only when it has news', () => {
    const stops = new Set(stopsOf(trace, 'moments'));
    const answers = trace.events.flatMap((event) =>
      event.kind === 'messageSent' && event.message.type === 'HeartbeatResponse'
        ? [{ errorCode: event.message.errorCode, isStop: stops.has(event.step) }]
        : [],
    );
    expect(answers.filter(({ isStop }) => isStop).map(({ errorCode }) => errorCode)).toEqual([
      'REBALANCE_IN_PROGRESS',
      'REBALANCE_IN_PROGRESS',
    ]);
  });
});

describe('stopIndexOf', () => {
  it('gives the last stop at or before a step', () => {
    const stops = [0, 4, 9];
    expect([0, 3, 4, 8, 9, 12].map((step) => stopIndexOf(stops, step))).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe('restMs', () => {
  it('cuts quiet time short, slows down what is too quick to see, and follows the speed', () => {
    expect(restMs(60_000, 1)).toBeLessThan(2_000);
    expect(restMs(1, 1)).toBeGreaterThan(200);
    expect(restMs(800, 1)).toBe(800);
    expect(restMs(800, 4)).toBe(200);
  });
});
