import {
  inDealingOrder,
  type Assignment,
  type BrokerAssignor,
  type BrokerAssignorMember,
  type BrokerTopic,
} from './assignor.ts';
import { readOwners } from './numbering.ts';
import { countsOf, idsOf, readSubscriptions } from './subscriptions.ts';
import { dealRanges } from './ranges.ts';

/**
 * Deals each topic by itself to its subscribers, as the clients' `range` does; what members had
 * before does not matter. Where all members subscribe to the same topics Kafka divides by the
 * number of members, which is then the number of subscribers.
 *
 * Source: org.apache.kafka.coordinator.group.assignor.RangeAssignor, Kafka 4.3.1, which knows no
 * racks.
 */
function assign(
  members: readonly BrokerAssignorMember[],
  topics: ReadonlyMap<string, BrokerTopic>,
): Assignment {
  const ordered = inDealingOrder(members);
  const subscribed = ordered.map((member) => member.topics);
  const subscriptions = readSubscriptions(subscribed, countsOf(topics));
  const dealing = idsOf(ordered);
  return readOwners(subscriptions.numbering, dealing, dealRanges(subscriptions, dealing), members);
}

export const brokerRange: BrokerAssignor = { name: 'range', assign };
