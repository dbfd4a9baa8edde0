import {
  inDealingOrder,
  type Assignment,
  type Assignor,
  type AssignorContext,
  type AssignorMember,
  type DealingOrder,
  type PartitionCounts,
} from './assignor.ts';
import { readOwners } from './numbering.ts';
import { dealRangesByRack } from './rack-ranges.ts';
import { readRacks } from './racks.ts';
import { dealRanges } from './ranges.ts';
import { idsOf, readMembers } from './subscriptions.ts';

/**
 * Deals each topic by itself: consecutive partitions to the subscribers in order, one more to each
 * of the first ones when it does not come out even. The extras of several topics add up. Where racks
 * make a difference, members first get what is in theirs.
 *
 * Source: RangeAssignor, Kafka 4.3.1.
 */
function assign(
  members: readonly AssignorMember[],
  ordered: readonly AssignorMember[],
  counts: PartitionCounts,
  { replicaRacks }: AssignorContext,
): Assignment {
  const subscriptions = readMembers(ordered, counts);
  const dealing = idsOf(ordered);
  const racks = readRacks(ordered, subscriptions.numbering, replicaRacks);
  const owners =
    (racks === null ? null : dealRangesByRack(subscriptions, ordered.length, racks)) ??
    dealRanges(subscriptions, dealing);
  return readOwners(subscriptions.numbering, dealing, owners, members);
}

/** The range assignor of a client that puts members into this order. */
export const rangeIn = (order: DealingOrder): Assignor => ({
  name: 'range',
  rebalanceProtocols: ['eager'],
  assign: (members, counts, context = {}) => assign(members, order(members), counts, context),
});

export const range: Assignor = rangeIn(inDealingOrder);
