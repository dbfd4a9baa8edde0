import { describe, expect, it } from 'vitest';
import { kafkajsRoundRobin } from '../../../engine/assignors/kafkajs-round-robin.ts';
import { asMemberId } from '../../../engine/protocol/ids.ts';
import { printPartition } from '../../../engine/protocol/partitions.ts';

const aMemberOf = (memberId: string) => ({
  memberId: asMemberId(memberId),
  groupInstanceId: null,
  subscription: {
    topics: ['a', 'b'],
    ownedPartitions: [],
    generationId: null,
    rackId: null,
    userData: null,
  },
});

function deal(
  memberIds: readonly string[],
  counts: Readonly<Record<string, number>>,
  orders: Readonly<Record<string, readonly number[]>> = {},
) {
  const partitionOrders = new Map(Object.entries(orders));
  const members = memberIds.map(aMemberOf);
  const dealt = kafkajsRoundRobin.assign(members, new Map(Object.entries(counts)), {
    partitionOrders,
  });
  return Object.fromEntries(
    [...dealt].map(([memberId, partitions]) => [memberId, partitions.map(printPartition)]),
  );
}

describe('kafkajsRoundRobin', () => {
  it('goes on with the next member where the topic before ended', () => {
    expect(deal(['m2', 'm1'], { a: 3, b: 2 })).toEqual({
      m1: ['a-0', 'a-2', 'b-1'],
      m2: ['a-1', 'b-0'],
    });
  });

  it('deals in the order of the answer to Metadata', () => {
    expect(deal(['m1', 'm2'], { a: 3, b: 1 }, { a: [1, 2, 0] })).toEqual({
      m1: ['a-0', 'a-1'],
      m2: ['a-2', 'b-0'],
    });
  });

  it('leaves out a member that gets nothing, as kafkajs’s SyncGroup does', () => {
    expect(deal(['m1', 'm2'], { a: 1 })).toEqual({ m1: ['a-0'] });
  });
});
