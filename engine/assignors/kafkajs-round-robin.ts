import { existing } from '../assert.ts';
import type { MemberId } from '../protocol/ids.ts';
import { sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import type {
  Assignment,
  Assignor,
  AssignorContext,
  AssignorMember,
  PartitionCounts,
} from './assignor.ts';

/**
 * kafkajs's only assigner: deals the partitions of all topics in turn to the members sorted by
 * member id. It does not look at subscriptions: every member gets of every topic that the leader
 * subscribes to, and one that gets nothing is missing from the result.
 *
 * `counts` has the leader's topics in its order. Within a topic kafkajs deals in the order of the
 * Metadata response, which brokers before Kafka 4.3 do not sort.
 *
 * Source: kafkajs 2.2.4, consumer/assigners/roundRobinAssigner.
 */
function assign(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  { partitionOrders }: AssignorContext = {},
): Assignment {
  const memberIds = members.map(({ memberId }) => memberId).sort();
  const dealt = new Map<MemberId, TopicPartition[]>();
  let turn = 0;
  for (const [topic, count] of counts) {
    for (const partition of partitionOrders?.get(topic) ?? Array(count).keys()) {
      const memberId = existing(memberIds[turn % memberIds.length], 'member whose turn it is');
      dealt.set(memberId, [...(dealt.get(memberId) ?? []), { topic, partition }]);
      turn += 1;
    }
  }
  return new Map(
    [...dealt].map(([memberId, partitions]) => [memberId, sortPartitions(partitions)]),
  );
}

export const kafkajsRoundRobin: Assignor = {
  name: 'RoundRobinAssigner',
  rebalanceProtocols: ['eager'],
  assign,
};
