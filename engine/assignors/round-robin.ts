import { at } from '../java/ints.ts';
import {
  inDealingOrder,
  type Assignment,
  type Assignor,
  type AssignorMember,
  type DealingOrder,
  type PartitionCounts,
} from './assignor.ts';
import { newOwners, readOwners } from './numbering.ts';
import { idsOf, listOfMember, readMembers } from './subscriptions.ts';

/**
 * Deals the partitions of all topics, sorted, to the members in turn. Who does not subscribe to a
 * topic is passed over, and the turn goes on where the topic before ended.
 *
 * Source: RoundRobinAssignor, Kafka 4.3.1.
 */
function assign(
  members: readonly AssignorMember[],
  ring: readonly AssignorMember[],
  counts: PartitionCounts,
): Assignment {
  const subscriptions = readMembers(ring, counts);
  const { numbering } = subscriptions;
  const has = ring.map((_, member) => listOfMember(subscriptions, member).has);
  const owners = newOwners(numbering);
  let member = 0;
  for (let topic = 0; topic < numbering.topicCount; topic += 1) {
    const first = at(numbering.firsts, topic);
    const end = first + at(numbering.counts, topic);
    for (let partition = first; partition < end; partition += 1) {
      // A topic is numbered because somebody subscribes to it.
      while (has[member]?.[topic] === 0) member = (member + 1) % ring.length;
      owners[partition] = member;
      member = (member + 1) % ring.length;
    }
  }
  return readOwners(numbering, idsOf(ring), owners, members);
}

/** The round-robin assignor of a client that puts members into this order. */
export const roundRobinIn = (order: DealingOrder): Assignor => ({
  name: 'roundrobin',
  rebalanceProtocols: ['eager'],
  assign: (members, counts) => assign(members, order(members), counts),
});

export const roundRobin: Assignor = roundRobinIn(inDealingOrder);
