import { describe, expect, it } from 'vitest';
import { timelineOrder } from '../../../engine/java/timeline-order.ts';

describe('timelineOrder', () => {
  // What TimelineHashMap of Kafka 4.3.1 answered, each key put in twice.
  it.each([
    ['C1 C2', 'C2 C1'],
    ['C1 C2 C3', 'C3 C2 C1'],
    ['C1 C2 C3 C4', 'C3 C2 C4 C1'],
    ['C1 C2 C3 C4 C5', 'C3 C5 C2 C4 C1'],
    ['a-1 b-2 c-3 d-4 e-5 f-6 g-7 h-8 i-9 j-10', 'g-7 i-9 b-2 d-4 j-10 f-6 h-8 a-1 c-3 e-5'],
  ])('iterates over %s as Kafka’s own hash table does', (keys, order) => {
    expect(timelineOrder(keys.split(' ')).join(' ')).toBe(order);
  });
});
