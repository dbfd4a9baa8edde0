import { describe, expect, it } from 'vitest';
import { Network } from '../../../engine/sim/network.ts';
import { Random } from '../../../engine/sim/random.ts';
import { SEED } from '../../support/builders.ts';

describe('Network', () => {
  it('lets nothing overtake on a link', () => {
    const network = new Network(new Random(SEED), { leastMs: 1, mostMs: 50 });
    const arrivals = Array.from(
      { length: 200 },
      (_, nowMs) => nowMs + network.delayMs('a', 'b', nowMs),
    );
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
  });
});

describe('Random', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.nextUint32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('stays in its range and reaches both ends', () => {
    const random = new Random(SEED);
    const drawn = new Set(Array.from({ length: 500 }, () => random.nextInt(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });

  it('makes version 4 UUIDs', () => {
    expect(new Random(SEED).nextUuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
