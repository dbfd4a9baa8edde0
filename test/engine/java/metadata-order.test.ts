import { describe, expect, it } from 'vitest';
import { metadataOrder } from '../../../engine/java/metadata-order.ts';

/** As brokers of 3.9.1 and 4.1.1 answered; by the epoch that their partitions had. */
describe('metadataOrder', () => {
  it.each([
    [0, [1, 0]],
    [0, [1, 2, 0]],
    [0, [1, 3, 2, 0, 4]],
    [0, [1, 3, 2, 5, 0, 4]],
    [0, [1, 11, 10, 5, 0, 8, 3, 9, 6, 2, 7, 4]],
    [2, [2, 1, 0]],
    [2, [3, 2, 1, 4, 0]],
    [2, [11, 2, 10, 5, 8, 0, 3, 6, 7, 1, 9, 4]],
    [4, [5, 3, 2, 1, 4, 0]],
    [4, [5, 8, 2, 11, 0, 10, 3, 6, 7, 1, 4, 9]],
  ])('is as real brokers list partitions of epoch %i: %j', (leaderEpoch, order) => {
    expect(metadataOrder(order.length, leaderEpoch)).toEqual(order);
  });

  it('is as Kafka’s and Scala’s own classes list more partitions than its first table holds', () => {
    const order = [
      17, 20, 11, 23, 14, 5, 0, 8, 7, 4, 1, 10, 13, 21, 16, 3, 9, 15, 18, 19, 22, 6, 2, 12,
    ];
    expect(metadataOrder(order.length, 0)).toEqual(order);
  });
});
