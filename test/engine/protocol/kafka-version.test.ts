import { describe, expect, it } from 'vitest';
import { isVersionBefore } from '../../../engine/index.ts';

describe('isVersionBefore', () => {
  it.each([
    ['3.9.1', '4.0.0'],
    ['4.1.1', '4.3.0'],
    ['4.2.9', '4.2.10'],
    ['4.9.0', '4.10.0'],
  ])('takes %s for older than %s, and not the other way round', (older, newer) => {
    expect(isVersionBefore(older, newer)).toBe(true);
    expect(isVersionBefore(newer, older)).toBe(false);
  });

  it('takes no version for older than itself', () => {
    expect(isVersionBefore('4.3.0', '4.3.0')).toBe(false);
  });

  it('takes a version that nobody knows for a new one', () => {
    expect(isVersionBefore('unknown', '4.3.0')).toBe(false);
  });
});
