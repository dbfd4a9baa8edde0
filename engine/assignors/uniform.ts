import {
  type Assignment,
  type BrokerAssignor,
  type BrokerAssignorMember,
  type BrokerTopic,
} from './assignor.ts';
import { readBrokerGroup, type BrokerGroup } from './broker-groups.ts';
import { readLists, readOwners } from './numbering.ts';
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
    ? readLists(numbering, memberIds, assignHomogeneous(group), members)
    : readOwners(numbering, memberIds, assignHeterogeneous(group), members);
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
