import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from '../../engine/persistent-map.ts';
import { SEED } from '../support/builders.ts';

/** These have the same hash in Java, and so have any two texts that are made of them. */
const colliding = fc
  .array(fc.constantFrom('Aa', 'BB'), { minLength: 4, maxLength: 4 })
  .map((parts) => parts.join(''));
const change = fc.record({
  key: fc.oneof(colliding, fc.integer({ min: -40, max: 400 }).map(String)),
  value: fc.option(fc.nat(5), { nil: null }),
});

describe('PersistentMap', () => {
  it('holds and lists what a Map does after any changes, and leaves earlier maps as they were', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 600 }), (changes) => {
        const expected = new Map<string, number>();
        let actual = PersistentMap.empty<string, number>();
        let earlier = actual;
        let earlierKeys: readonly string[] = [];
        for (const [index, { key, value }] of changes.entries()) {
          if (value === null) expected.delete(key);
          else expected.set(key, value);
          actual = value === null ? actual.delete(key) : actual.set(key, value);
          if (index !== changes.length >> 1) continue;
          earlier = actual;
          earlierKeys = [...expected.keys()];
        }
        expect(actual.keys()).toEqual([...expected.keys()]);
        expect(actual.values()).toEqual([...expected.values()]);
        expect(actual.size).toBe(expected.size);
        for (const { key } of changes) {
          expect(actual.get(key)).toBe(expected.get(key));
          expect(actual.has(key)).toBe(expected.has(key));
        }
        expect(earlier.keys()).toEqual(earlierKeys);
      }),
      { seed: SEED },
    );
  });

  it('is the same map when nothing changes', () => {
    const map = PersistentMap.empty<number, string>().set(1, 'a');
    expect(map.set(1, 'a')).toBe(map);
    expect(map.delete(2)).toBe(map);
  });
});
