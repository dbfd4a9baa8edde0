import { describe, expect, it } from 'vitest';
import { timelineOrder } from '../../../engine/java/timeline-order.ts';

const KEYS = [
  'C2R0ZxV6T5itZ9MRl00KPA',
  'qeVmJkbvSYGT_I0GHw4Hyg',
  '9t5aDFYPRtyVRZy2aTV2-Q',
  'S_zQb7LBSXOTTIOTx4Dwyg',
  'Hm-8109IRCC3q8cvLkRnsg',
  'ZczHUmmHQp66hAxZLbqXsQ',
  'C1-1',
  'C1-2',
  'C1-3',
];
const placesOf = (keys: readonly string[]): readonly number[] =>
  keys.map((key) => KEYS.indexOf(key));

// What org.apache.kafka.timeline.TimelineHashMap of Kafka 4.3.1 lists.
describe('timelineOrder', () => {
  it('lists a slot’s last key first', () => {
    expect(placesOf(timelineOrder(KEYS.slice(0, 5)))).toEqual([4, 3, 2, 1, 0]);
  });

  it('spreads keys over more slots as there are more', () => {
    expect(placesOf(timelineOrder(KEYS))).toEqual([6, 8, 5, 4, 7, 3, 2, 1, 0]);
  });

  it('keeps the slots that it had when keys are removed', () => {
    expect(placesOf(timelineOrder(KEYS.slice(0, 3), KEYS.length))).toEqual([2, 1, 0]);
  });
});
