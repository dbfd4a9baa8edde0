import { describe, expect, it } from 'vitest';
import { PersistentList } from '../../engine/persistent-list.ts';

describe('PersistentList', () => {
  const numbers = Array.from({ length: 150 }, (_, index) => index);

  it('replaces one value and leaves the list before as it was', () => {
    const before = PersistentList.from(numbers);
    const after = before.with(130, -1);
    expect(after.values()).toEqual(numbers.with(130, -1));
    expect(before.values()).toEqual(numbers);
    expect([before.get(130), after.get(130), after.get(129)]).toEqual([130, -1, 129]);
  });

  it('has nothing beyond its length, and cannot be changed there', () => {
    const list = PersistentList.from(numbers);
    expect(list.get(200)).toBeUndefined();
    expect(() => list.with(200, 0)).toThrow('bug');
  });
});
