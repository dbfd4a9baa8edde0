import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import { NOBODY } from './numbering.ts';
import type { StickyClaims } from './sticky-claims.ts';

/** Owners after an assignment, and what has come to another owner than before. */
export interface StickyOwners {
  readonly owners: Ints;
  /** 1 for what its old owner has to give up first, or two have claimed. */
  readonly isTransferred: Uint8Array;
}

/**
 * Owners when everybody subscribes to the same topics: all keep what they had up to their quota,
 * then those under the smaller quota are filled in turn, then the rest goes one by one.
 *
 * Source: AbstractStickyAssignor.ConstrainedAssignmentBuilder, Kafka 4.3.1.
 */
export function assignConstrained({
  subscriptions,
  owners: claimed,
  isDisputed,
  memberIds,
  ranks,
}: StickyClaims): StickyOwners {
  const { partitionCount } = subscriptions.numbering;
  const memberCount = ranks.length;
  const least = Math.floor(partitionCount / memberCount);
  const most = Math.ceil(partitionCount / memberCount);
  const wanted = partitionCount % memberCount;
  const owners = new Int32Array(partitionCount).fill(NOBODY);
  const isTransferred = new Uint8Array(partitionCount);
  const sizes = new Int32Array(memberCount);
  let fullCount = 0;
  let under: number[] = [];
  let exact: number[] = [];
  const ownedOf = ownedInOrder(subscriptions.numbering, claimed, isDisputed, memberCount);
  for (const member of visitingOrder(memberIds)) {
    const owned = existing(ownedOf[member], 'what a member owned');
    let quota = least;
    if (owned.length < least) under.push(member);
    else if (owned.length >= most && fullCount < wanted) {
      quota = most;
      fullCount += 1;
      if (fullCount === wanted) exact = [];
    } else if (fullCount < wanted) exact.push(member);
    const kept = Math.min(owned.length, quota);
    for (let index = 0; index < kept; index += 1) owners[at(owned, index)] = member;
    sizes[member] = kept;
  }
  const byRank = (a: number, b: number): number => at(ranks, a) - at(ranks, b);
  under = under.sort(byRank);
  exact = exact.sort(byRank);
  let next = 0;
  let nextExact = 0;
  for (let number = 0; number < partitionCount; number += 1) {
    if (at(owners, number) !== NOBODY) continue;
    if (next >= under.length) next = 0;
    const isFilling = under.length > 0;
    const member = isFilling ? at(under, next) : existing(exact[nextExact], 'member with room');
    if (!isFilling) nextExact += 1;
    const old = at(claimed, number);
    owners[number] = member;
    if (at(isDisputed, number) === 1 || (old !== NOBODY && old !== member)) {
      isTransferred[number] = 1;
    }
    const size = at(sizes, member) + 1;
    sizes[member] = size;
    if (size === least && isFilling) {
      under.splice(next, 1);
      exact.push(member);
    } else if (isFilling) next += 1;
  }
  return { owners, isTransferred };
}

/**
 * What members had is kept in a map of its own, filled in the order of the members' map; crowded
 * buckets can make it grow further than that one.
 */
function visitingOrder(memberIds: readonly MemberId[]): readonly number[] {
  const indexes = new Map(memberIds.map((memberId, member) => [memberId, member]));
  return hashOrder(memberIds).map((memberId) => existing(indexes.get(memberId), memberId));
}

/** What each member had, by partition number and then by topic: so cuts spread over topics. */
function ownedInOrder(
  numbering: StickyClaims['subscriptions']['numbering'],
  claimed: Ints,
  isDisputed: Uint8Array,
  memberCount: number,
): readonly (readonly number[])[] {
  const { firsts, counts, topicCount, partitionCount } = numbering;
  const owned: number[][] = Array.from({ length: memberCount }, () => []);
  let mostPartitions = 0;
  for (let topic = 0; topic < topicCount; topic += 1) {
    mostPartitions = Math.max(mostPartitions, at(counts, topic));
  }
  for (let partition = 0; partition < mostPartitions; partition += 1) {
    for (let topic = 0; topic < topicCount; topic += 1) {
      if (partition >= at(counts, topic)) continue;
      const number = at(firsts, topic) + partition;
      const owner = at(claimed, number);
      if (number < partitionCount && owner !== NOBODY && at(isDisputed, number) === 0) {
        owned[owner]?.push(number);
      }
    }
  }
  return owned;
}
