import { describe, expect, it } from 'vitest';
import { milestonesOf, simulate, timeRanges } from '../../../engine/index.ts';
import { readCase } from '../../support/recordings.ts';

const { scenario } = readCase('eager-join');

describe('milestonesOf', () => {
  it('gives stable generations and assigned members after each command that set them off', () => {
    const names = milestonesOf(simulate(scenario)).map(({ name }) => name);
    expect(names[0]).toBe('start C2: generation 1 stable');
    expect(new Set(names)).toEqual(
      new Set([
        ...['generation 1 stable', 'C1 assigned', 'C2 assigned'].map((name) => `start C2: ${name}`),
        ...['generation 2 stable', 'C1 assigned', 'C2 assigned', 'C3 assigned'].map(
          (name) => `start C3: ${name}`,
        ),
      ]),
    );
  });

  it('counts from a crash itself, since it brings no message about', () => {
    const run = simulate(readCase('eager-crash').scenario);
    const found = milestonesOf(run).find(({ name }) => name === 'kill C2: generation 2 stable');
    const [crash, stable] = [
      run.events.find((event) => event.kind === 'command' && event.command.do === 'crash'),
      run.events.findLast((event) => event.kind === 'groupState' && event.to === 'Stable'),
    ];
    expect(found?.elapsedMs).toBe((stable?.atMs ?? 0) - (crash?.atMs ?? 0));
  });

  it('numbers what a script does twice', () => {
    const names = milestonesOf(simulate(readCase('consumer-protocol-static-restart').scenario)).map(
      ({ name }) => name,
    );
    expect(names).toContain('start C2: C2 assigned');
    expect(names).toContain('start C2: C2 assigned (2)');
  });
});

describe('timeRanges', () => {
  it('gives least, median and most of several runs', () => {
    const runs = [1, 2, 3, 4].map((seed) => simulate(scenario, { seed }));
    const name = 'start C3: generation 2 stable';
    const times = runs
      .map((run) => milestonesOf(run).find((found) => found.name === name)?.elapsedMs ?? 0)
      .sort((a, b) => a - b);
    const [a = 0, b = 0, c = 0, d = 0] = times;
    expect(timeRanges(runs).find((range) => range.name === name)).toEqual({
      name,
      count: 4,
      minMs: a,
      medianMs: Math.round((b + c) / 2),
      maxMs: d,
    });
  });
});
