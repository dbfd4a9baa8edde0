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
import { dealRangesByRack, type DealingTogether } from './rack-ranges.ts';
import { isNear, readRacks } from './racks.ts';
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
  together: DealingTogether,
): Assignment {
  const subscriptions = readMembers(ordered, counts);
  const dealing = idsOf(ordered);
  const racks = readRacks(ordered, subscriptions.numbering, replicaRacks);
  const owners =
    (racks === null ? null : dealRangesByRack(subscriptions, ordered.length, racks, together)) ??
    dealRanges(subscriptions, dealing);
  return readOwners(subscriptions.numbering, dealing, owners, members);
}

/** The range assignor of a client that puts members into this order. */
export const rangeIn = (order: DealingOrder, together: DealingTogether): Assignor => ({
  name: 'range',
  rebalanceProtocols: ['eager'],
  assign: (members, counts, context = {}) =>
    assign(members, order(members), counts, context, together),
});

export const range: Assignor = rangeIn(inDealingOrder, { isAlways: false, mayTake: isNear });
