import { describe, expect, it } from 'vitest';
import { hashOrder, hashString } from '../../../engine/java/hash-order.ts';
import { orderOfComputed } from '../../../engine/java/hash-table.ts';

describe('hashString', () => {
  it('is Java’s String.hashCode', () => {
    expect(hashString('')).toBe(0);
    expect(hashString('abc')).toBe(96_354);
    // Known to overflow to the smallest int.
    expect(hashString('polygenelubricants')).toBe(-2_147_483_648);
  });
});

describe('hashOrder', () => {
  it('is the order in which a HashMap of 16 buckets iterates', () => {
    const keys = ['consumer1', 'consumer2', 'consumer3', 'consumer4'];
    expect(hashOrder(keys)).toEqual(['consumer4', 'consumer3', 'consumer2', 'consumer1']);
    const assignors = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'];
    expect(hashOrder(assignors)).toEqual(['sticky', 'range', 'roundrobin', 'cooperative-sticky']);
  });
});

describe('orderOfComputed', () => {
  const hashes = [0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const keys = (isAskedAgain: boolean): readonly number[] =>
    orderOfComputed(Int32Array.from(hashes), isAskedAgain).map((index) => hashes[index] ?? 0);

  it('puts a new key at the front of its bucket, and grows only with the call after the 13th', () => {
    expect(keys(false)).toEqual([16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(keys(true)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16]);
  });
});
