import { existing } from '../assert.ts';
import { at } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import {
  type Assignment,
  type BrokerAssignor,
  type BrokerAssignorMember,
  type BrokerTopic,
} from './assignor.ts';
import { readBrokerGroup, type BrokerGroup } from './broker-groups.ts';
import { readOwners, topicsOfPartitions } from './numbering.ts';
import { idsOf } from './subscriptions.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { assignHomogeneous } from './uniform-homogeneous.ts';

/**
 * Deals evenly and moves as little as it can of the previous target.
 *
 * Source: org.apache.kafka.coordinator.group.assignor.UniformAssignor, Kafka 4.3.1.
 */
function assign(
  members: readonly BrokerAssignorMember[],
  topics: ReadonlyMap<string, BrokerTopic>,
): Assignment {
  const group = readBrokerGroup(members, topics);
  const { numbering } = group.subscriptions;
  const memberIds = idsOf(group.members);
  return isHomogeneous(group)
    ? readLists(group, assignHomogeneous(group), members)
    : readOwners(numbering, memberIds, assignHeterogeneous(group), members);
}

/**
 * The members' partitions, given the numbers of them.
 *
 * @param members in the order of the result.
 */
function readLists(
  { members: ordered, subscriptions: { numbering }, targets }: BrokerGroup,
  lists: readonly (readonly number[])[],
  members: readonly BrokerAssignorMember[],
): Assignment {
  const topicOf = topicsOfPartitions(numbering);
  const read = (number: number): TopicPartition => {
    const index = at(topicOf, number);
    const topic = existing(numbering.topics[index], 'topic');
    return { topic, partition: number - at(numbering.firsts, index) };
  };
  const assignment = new Map<MemberId, readonly TopicPartition[]>();
  for (const { memberId } of members) assignment.set(memberId, []);
  ordered.forEach(({ memberId, target }, member) => {
    const list = existing(lists[member], 'list');
    const isKept = list === targets[member] && list.length === target.length;
    assignment.set(memberId, isKept ? target : list.map(read));
  });
  return assignment;
}

/**
 * Whether all subscribe to the same names, those of topics that do not exist included.
 *
 * Source: ModernGroup#subscriptionType.
 */
function isHomogeneous({ subscriptions }: BrokerGroup): boolean {
  const [first = new Set<string>(), ...others] = subscriptions.lists.map(
    ({ names }) => new Set(names),
  );
  return others.every(
    (names) => names.size === first.size && [...names].every((name) => first.has(name)),
  );
}

export const uniform: BrokerAssignor = { name: 'uniform', assign };
