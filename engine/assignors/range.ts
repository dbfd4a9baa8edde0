import type { MemberId } from '../protocol/ids.ts';
import { sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import {
  inDealingOrder,
  type Assignment,
  type Assignor,
  type AssignorMember,
  type PartitionCounts,
} from './assignor.ts';

/**
 * Deals each topic by itself: consecutive partitions to the subscribers in order, one more to each
 * of the first ones when it does not come out even. The extras of several topics add up.
 *
 * Source: RangeAssignor, Kafka 4.3.1. Simplification: racks are left out of account.
 */
function assign(members: readonly AssignorMember[], counts: PartitionCounts): Assignment {
  const ordered = inDealingOrder(members);
  const dealt = new Map<MemberId, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [topic, count] of counts) {
    const subscribers = ordered.filter(({ subscription }) => subscription.topics.includes(topic));
    if (subscribers.length === 0) continue;
    const quota = Math.floor(count / subscribers.length);
    const extraCount = count % subscribers.length;
    let partition = 0;
    subscribers.forEach(({ memberId }, index) => {
      const end = partition + quota + (index < extraCount ? 1 : 0);
      for (; partition < end; partition += 1) dealt.get(memberId)?.push({ topic, partition });
    });
  }
  return new Map(
    [...dealt].map(([memberId, partitions]) => [memberId, sortPartitions(partitions)]),
  );
}

export const range: Assignor = {
  name: 'range',
  rebalanceProtocols: ['eager'],
  assign,
};
