import { describe, expect, it } from 'vitest';
import { deliveriesOf, simulate } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';

describe('deliveriesOf', () => {
  it('tells what a killed member had not committed as delivered again', () => {
    const scenario = aScenario({
      partitions: 1,
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 6_000, do: 'produce', topic: 'orders', count: 5 },
        { atMs: 7_000, do: 'crash', member: 'C1' },
        { atMs: 8_000, do: 'start', member: 'C2' },
      ],
    });
    expect(deliveriesOf(simulate(scenario))).toEqual([
      {
        topic: 'orders',
        partition: 0,
        delivered: [{ first: 0, last: 4 }],
        redelivered: [{ first: 0, last: 4 }],
        skipped: [],
        processed: [{ first: 0, last: 4 }],
        reprocessed: [{ first: 0, last: 4 }],
        unprocessed: [],
      },
    ]);
  });

  it('tells what latest leaves out as skipped', () => {
    const scenario = aScenario({
      members: ['C1'],
      partitions: 1,
      config: { 'auto.offset.reset': 'latest' },
      script: [
        { atMs: 0, do: 'produce', topic: 'orders', count: 3 },
        { atMs: 1_000, do: 'start', member: 'C1' },
        { atMs: 9_000, do: 'produce', topic: 'orders', count: 2 },
      ],
    });
    expect(deliveriesOf(simulate(scenario))).toMatchObject([
      { delivered: [{ first: 3, last: 4 }], redelivered: [], skipped: [{ first: 0, last: 2 }] },
    ]);
  });
});
