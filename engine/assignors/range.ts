import {
  inDealingOrder,
  type Assignment,
  type Assignor,
  type AssignorMember,
  type DealingOrder,
  type PartitionCounts,
} from './assignor.ts';
import { dealRanges } from './ranges.ts';
import { idsOf, readMembers } from './subscriptions.ts';

/**
 * Deals each topic by itself: consecutive partitions to the subscribers in order, one more to each
 * of the first ones when it does not come out even. The extras of several topics add up.
 *
 * Source: RangeAssignor, Kafka 4.3.1. Simplification: racks are left out of account.
 */
function assign(
  members: readonly AssignorMember[],
  ordered: readonly AssignorMember[],
  counts: PartitionCounts,
): Assignment {
  return dealRanges(readMembers(ordered, counts), idsOf(ordered), members);
}

/** The range assignor of a client that puts members into this order. */
export const rangeIn = (order: DealingOrder): Assignor => ({
  name: 'range',
  rebalanceProtocols: ['eager'],
  assign: (members, counts) => assign(members, order(members), counts),
});

export const range: Assignor = rangeIn(inDealingOrder);
