import { existing } from '../assert.ts';
import { at, type Ints } from '../java/ints.ts';
import { NOBODY, newOwners } from './numbering.ts';
import { hasRack, isNear, makeDifference, type Racks } from './racks.ts';
import { listOfMember, type Subscriptions } from './subscriptions.ts';

/**
 * Deals each topic by itself, first what a member can read in its own rack, then the rest as
 * `dealRanges` does; nobody gets more than there. Topics with the same subscribers and as many
 * partitions are dealt together: a member that gets a partition of one gets it of all.
 *
 * Source: RangeAssignor#assignPartitions, #assignWithRackMatching, Kafka 4.3.1.
 *
 * @param subscriptions of the members in dealing order.
 * @returns the index of each partition's owner among them; null when the client sees no need.
 */
export function dealRangesByRack(
  subscriptions: Subscriptions,
  memberCount: number,
  racks: Racks,
  { isAlways, mayTake }: DealingTogether,
): Ints | null {
  const owners = newOwners(subscriptions.numbering);
  const deals = subscriptions.numbering.topics.map(
    (_, topic) => new TopicDeal(subscriptions, topic, memberCount, owners),
  );
  const needing = new Set(deals.filter((deal) => deal.isChangedBy(racks)));
  if (needing.size === 0 && !isAlways) return null;
  for (const together of coPartitioned(deals.filter((deal) => deal.hasSubscriberIn(racks)))) {
    const [first] = together;
    if (together.length > 1) dealTogether(together, racks, mayTake);
    else if (first !== undefined && needing.has(first)) {
      first.dealInOrder((member, number) => isNear(racks, member, number));
    }
  }
  for (const deal of deals) deal.dealInOrder(() => true);
  return owners;
}

/** How a client deals topics together that have the same subscribers and as many partitions. */
export interface DealingTogether {
  /** Also when racks make no difference to any topic. */
  readonly isAlways: boolean;
  readonly mayTake: (racks: Racks, member: number, number: number) => boolean;
}

/** A topic while it is dealt: who may have how much of it. */
class TopicDeal {
  readonly subscribers: readonly number[];
  readonly count: number;
  readonly #first: number;
  readonly #owners: Ints;
  readonly #quota: number;
  /** How many members may still get one more than the quota. */
  #extra: number;
  readonly #sizes: Ints;

  constructor(subscriptions: Subscriptions, topic: number, memberCount: number, owners: Ints) {
    const { counts, firsts } = subscriptions.numbering;
    this.subscribers = Array.from({ length: memberCount }, (_, member) => member).filter(
      (member) => at(listOfMember(subscriptions, member).has, topic) === 1,
    );
    this.count = at(counts, topic);
    this.#first = at(firsts, topic);
    this.#owners = owners;
    this.#quota = Math.floor(this.count / this.subscribers.length);
    this.#extra = this.count % this.subscribers.length;
    this.#sizes = new Int32Array(memberCount);
  }

  isChangedBy(racks: Racks): boolean {
    return makeDifference(racks, this.subscribers, this.#first, this.#first + this.count);
  }

  hasSubscriberIn(racks: Racks): boolean {
    return this.subscribers.some((member) => hasRack(racks, member));
  }

  /** How many more a member may get. */
  roomOf(member: number): number {
    return this.#quota + (this.#extra > 0 ? 1 : 0) - at(this.#sizes, member);
  }

  numberOf(partition: number): number {
    return this.#first + partition;
  }

  give(partition: number, member: number): void {
    this.#owners[this.numberOf(partition)] = member;
    const size = at(this.#sizes, member) + 1;
    this.#sizes[member] = size;
    if (size > this.#quota) this.#extra -= 1;
  }

  /** Each subscriber takes what it may of what is left, as much as it has room for. */
  dealInOrder(mayTake: (member: number, number: number) => boolean): void {
    for (const member of this.subscribers) {
      let room = this.roomOf(member);
      for (let partition = 0; partition < this.count && room > 0; partition += 1) {
        const number = this.numberOf(partition);
        if (at(this.#owners, number) !== NOBODY || !mayTake(member, number)) continue;
        this.give(partition, member);
        room -= 1;
      }
    }
  }
}

/** Topics with the same subscribers and as many partitions. */
function coPartitioned(deals: readonly TopicDeal[]): Iterable<readonly TopicDeal[]> {
  const groups = new Map<string, TopicDeal[]>();
  for (const deal of deals) {
    const key = `${deal.count}/${deal.subscribers.join()}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [deal]);
    else group.push(deal);
  }
  return groups.values();
}

/** Source: RangeAssignor#assignCoPartitionedWithRackMatching. */
function dealTogether(
  deals: readonly TopicDeal[],
  racks: Racks,
  mayTake: DealingTogether['mayTake'],
): void {
  const { count, subscribers } = existing(deals[0], 'topic');
  for (let partition = 0; partition < count; partition += 1) {
    const taker = subscribers.find((member) =>
      deals.every(
        (deal) => deal.roomOf(member) > 0 && mayTake(racks, member, deal.numberOf(partition)),
      ),
    );
    if (taker !== undefined) for (const deal of deals) deal.give(partition, taker);
  }
}
