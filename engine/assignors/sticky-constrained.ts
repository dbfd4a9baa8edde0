import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import { NOBODY, newOwners } from './numbering.ts';
import { isInRack, isNear, membersNear, type Racks } from './racks.ts';
import type { StickyClaims } from './sticky-claims.ts';

/** Owners after an assignment, and what has come to another owner than before. */
export interface StickyOwners {
  readonly owners: Ints;
  /** 1 for what its old owner has to give up first, or two have claimed. */
  readonly isTransferred: Uint8Array;
}

/**
 * Owners when everybody subscribes to the same topics: all keep what they had up to their quota,
 * then those under the smaller quota are filled in turn, then the rest goes one by one. Where racks
 * make a difference, members keep only what is in theirs, and get more of that before anything else.
 *
 * Source: AbstractStickyAssignor.ConstrainedAssignmentBuilder, Kafka 4.3.1.
 */
export function assignConstrained(claims: StickyClaims): StickyOwners {
  const { racks, ranks } = claims;
  const filling = new Filling(claims);
  filling.keepOwned();
  filling.sortBy(ranks);
  filling.fill(racks === null ? filling.free() : filling.fillInRacks(racks));
  return filling;
}

/** The algorithm under way. */
class Filling implements StickyOwners {
  readonly owners: Ints;
  readonly isTransferred: Uint8Array;
  readonly #claims: StickyClaims;
  readonly #sizes: Ints;
  /** The smaller quota, the larger, and how many members are to get the larger. */
  readonly #least: number;
  readonly #most: number;
  readonly #wanted: number;
  #fullCount = 0;
  /** Members under the smaller quota. */
  #under: number[] = [];
  /** Members with the smaller quota who may still get one more. */
  #exact: number[] = [];

  constructor(claims: StickyClaims) {
    const { numbering } = claims.subscriptions;
    const { partitionCount } = numbering;
    const memberCount = claims.members.length;
    this.#claims = claims;
    this.owners = newOwners(numbering);
    this.isTransferred = new Uint8Array(partitionCount);
    this.#sizes = new Int32Array(memberCount);
    this.#least = Math.floor(partitionCount / memberCount);
    this.#most = Math.ceil(partitionCount / memberCount);
    this.#wanted = partitionCount % memberCount;
  }

  keepOwned(): void {
    const ownedOf = ownedInOrder(this.#claims);
    for (const member of visitingOrder(this.#claims.memberIds)) {
      const owned = existing(ownedOf[member], 'what a member owned');
      let quota = this.#least;
      if (owned.length < this.#least) this.#under.push(member);
      else if (owned.length >= this.#most && this.#fullCount < this.#wanted) {
        quota = this.#most;
        this.#countFull();
      } else if (this.#fullCount < this.#wanted) this.#exact.push(member);
      const kept = Math.min(owned.length, quota);
      for (let index = 0; index < kept; index += 1) this.owners[at(owned, index)] = member;
      this.#sizes[member] = kept;
    }
  }

  /** One more has the larger quota; with the last of them nobody else may get one more. */
  #countFull(): void {
    this.#fullCount += 1;
    if (this.#fullCount === this.#wanted) this.#exact = [];
  }

  sortBy(ranks: Ints): void {
    const byRank = (a: number, b: number): number => at(ranks, a) - at(ranks, b);
    this.#under.sort(byRank);
    this.#exact.sort(byRank);
  }

  /** What nobody has, in order. */
  free(): readonly number[] {
    const free: number[] = [];
    this.owners.forEach((owner, number) => {
      if (owner === NOBODY) free.push(number);
    });
    return free;
  }

  /**
   * Fills members with what is in their racks, beginning with what the fewest could have there.
   *
   * Source: ConstrainedAssignmentBuilder#assignRackAwareRoundRobin.
   *
   * @returns what is left, in that order.
   */
  fillInRacks(racks: Racks): readonly number[] {
    const near = membersNear(racks);
    const free = [...this.free()].sort((a, b) => at(near, a) - at(near, b));
    let next = 0;
    return free.filter((number) => {
      const place = this.#nextInRack(racks, number, this.#under, next);
      if (place === -1) return !this.#giveToExact(racks, number);
      const member = at(this.#under, place);
      const size = this.#give(number, member);
      next = place + 1;
      if (size >= this.#least) {
        this.#under.splice(place, 1);
        next = place;
        if (size < this.#most && this.#fullCount < this.#wanted) this.#exact.push(member);
      }
      if (next >= this.#under.length) next = 0;
      return false;
    });
  }

  #giveToExact(racks: Racks, number: number): boolean {
    const place = this.#nextInRack(racks, number, this.#exact, 0);
    if (place === -1) return false;
    const [member = NOBODY] = this.#exact.splice(place, 1);
    this.#give(number, member);
    this.#countFull();
    return true;
  }

  /** Place in a list of the next member that is in one of the partition's racks, or -1. */
  #nextInRack(racks: Racks, number: number, members: readonly number[], from: number): number {
    for (let step = 0; step < members.length; step += 1) {
      const place = (from + step) % members.length;
      if (isInRack(racks, at(members, place), number)) return place;
    }
    return -1;
  }

  /** Source: ConstrainedAssignmentBuilder#assignRoundRobin. */
  fill(free: readonly number[]): void {
    let next = 0;
    let nextExact = 0;
    for (const number of free) {
      if (next >= this.#under.length) next = 0;
      const isFilling = this.#under.length > 0;
      const member = isFilling
        ? at(this.#under, next)
        : existing(this.#exact[nextExact], 'member with room');
      if (!isFilling) nextExact += 1;
      const size = this.#give(number, member);
      if (size === this.#least && isFilling) {
        this.#under.splice(next, 1);
        this.#exact.push(member);
      } else if (isFilling) next += 1;
    }
  }

  /** Returns how many the member has then. */
  #give(number: number, member: number): number {
    const old = at(this.#claims.owners, number);
    this.owners[number] = member;
    if (at(this.#claims.isDisputed, number) === 1 || (old !== NOBODY && old !== member)) {
      this.isTransferred[number] = 1;
    }
    const size = at(this.#sizes, member) + 1;
    this.#sizes[member] = size;
    return size;
  }
}

/**
 * What members had is kept in a map of its own, filled in the order of the members' map; crowded
 * buckets can make it grow further than that one.
 */
function visitingOrder(memberIds: readonly MemberId[]): readonly number[] {
  const indexes = new Map(memberIds.map((memberId, member) => [memberId, member]));
  return hashOrder(memberIds).map((memberId) => existing(indexes.get(memberId), memberId));
}

/**
 * What each member had and may keep, by partition number and then by topic: so cuts spread over
 * topics.
 */
function ownedInOrder({
  subscriptions,
  owners,
  isDisputed,
  memberIds,
  racks,
}: StickyClaims): readonly (readonly number[])[] {
  const { firsts, counts, topicCount } = subscriptions.numbering;
  const owned: number[][] = Array.from(memberIds, () => []);
  let mostPartitions = 0;
  for (let topic = 0; topic < topicCount; topic += 1) {
    mostPartitions = Math.max(mostPartitions, at(counts, topic));
  }
  for (let partition = 0; partition < mostPartitions; partition += 1) {
    for (let topic = 0; topic < topicCount; topic += 1) {
      if (partition >= at(counts, topic)) continue;
      const number = at(firsts, topic) + partition;
      const owner = at(owners, number);
      if (owner === NOBODY || at(isDisputed, number) === 1) continue;
      if (racks === null || isNear(racks, owner, number)) owned[owner]?.push(number);
    }
  }
  return owned;
}
