import { describe, expect, it } from 'vitest';
import { SCENARIOS, describeMachine, existing } from '../../engine/index.ts';
import { layOutMachine, pathOf } from '../../site/views/lay-out-machine.ts';
import { markOf, printMs, printTick, ticksOf, toneOf } from '../../site/views/member-marks.ts';

const scenario = existing(SCENARIOS.get('eager-join'), 'scenario');

describe.each(['classic', 'consumer'] as const)('layOutMachine of the %s machine', (protocol) => {
  const machine = describeMachine(protocol);
  const placed = layOutMachine(machine);

  it('places every state inside the picture and no two on each other', () => {
    expect(placed.states.map(({ id }) => id)).toEqual(machine.states.map(({ id }) => id));
    for (const { x, y, width, height } of placed.states) {
      expect(x - width / 2).toBeGreaterThanOrEqual(placed.left);
      expect(y - height / 2).toBeGreaterThanOrEqual(0);
      expect(x + width / 2).toBeLessThanOrEqual(placed.left + placed.width);
      expect(y + height / 2).toBeLessThanOrEqual(placed.height);
    }
    const places = placed.states.map(({ x, y }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('keeps every edge inside the picture', () => {
    const places = placed.edges.flatMap(({ path }) => [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)]);
    const xs = places.map(([, x]) => Number(x));
    const ys = places.map(([, , y]) => Number(y));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(placed.left);
    expect(Math.max(...xs)).toBeLessThanOrEqual(placed.left + placed.width);
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ys)).toBeLessThanOrEqual(placed.height);
  });

  it('draws every way between two states, but those into a state that nearly all lead to', () => {
    const drawn = new Set(placed.edges.map(({ from, to }) => `${from} ${to}`));
    const missing = machine.transitions.filter(
      ({ from, to }) => from !== to && !drawn.has(`${from} ${to}`) && !placed.hubs.includes(to),
    );
    expect(missing).toEqual([]);
    expect(placed.edges.every(({ path }) => path.startsWith('M'))).toBe(true);
  });
});

describe('pathOf', () => {
  it('goes from the first point to the last', () => {
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 5, y: 5 },
        { x: 10, y: 0 },
      ]),
    ).toBe('M0.0,0.0 Q5.0,5.0 7.5,2.5 L10.0,0.0');
    expect(pathOf([])).toBe('');
  });
});

describe('markOf', () => {
  it('gives each member of a run its own colour, and a pattern once colours run out', () => {
    const member = existing(scenario.members[0], 'member');
    const members = Array.from({ length: 10 }, (_, index) => ({ ...member, name: `M${index}` }));
    const marks = members.map(({ name }) => {
      const { fill, isPatterned } = markOf({ members }, name);
      return `${fill} ${isPatterned}`;
    });
    expect(new Set(marks).size).toBe(10);
  });
});

describe('toneOf', () => {
  it.each(['classic', 'consumer'] as const)('knows every state of the %s machine', (protocol) => {
    const tones = new Map(describeMachine(protocol).states.map(({ id }) => [id, toneOf(id)]));
    const gone = [...tones].filter(([, tone]) => tone === 'gone').map(([id]) => id);
    expect(gone).toEqual(['down', 'unsubscribed', 'left']);
  });
});

describe('printMs', () => {
  it('carries the unit', () => {
    const printed = [0, 9, 1_500, 13_200].map((ms) => printMs(ms).replace('\u00a0', ' '));
    expect(printed).toEqual(['0 ms', '9 ms', '1.5 s', '13.2 s']);
  });
});

describe('ticksOf', () => {
  it('gives round times inside the range, no more than there is room for', () => {
    expect(ticksOf(0, 22_000, 8)).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
    expect(ticksOf(12_996, 13_034, 3)).toEqual([13_000, 13_020]);
    expect(ticksOf(0, 22_000, 0.2).length).toBeLessThanOrEqual(3);
  });

  it('prints neighbours differently', () => {
    const ticks = ticksOf(12_996, 13_034, 8).map((tick) => printTick(tick, 38));
    expect(new Set(ticks).size).toBe(ticks.length);
  });
});
