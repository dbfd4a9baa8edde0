import { PlaygroundError } from '../errors.ts';
import { hashPartition, hashString } from '../java/hash-codes.ts';
import { at, countUp, type Ints } from '../java/ints.ts';
import { NOBODY, eachNumber, topicsOfPartitions } from './numbering.ts';
import { isNear } from './racks.ts';
import type { StickyClaims } from './sticky-claims.ts';
import type { StickyOwners } from './sticky-constrained.ts';
import { StickyMoves } from './sticky-moves.ts';
import { listOfMember, type TopicList } from './subscriptions.ts';

/**
 * Owners when members subscribe to different topics: all keep what they had, what is free goes to
 * the least loaded subscribers, then partitions move, one by one, as long as that evens things out.
 * Where racks make a difference, members keep only what is in theirs, and what is free first goes to
 * those who have it in theirs; moves pay no attention to racks: Kafka looks for a member in the same
 * rack, and then moves to the least loaded anyway.
 *
 * Source: AbstractStickyAssignor.GeneralAssignmentBuilder, and for what is transferred
 * CooperativeStickyAssignor#computePartitionsTransferringOwnership, Kafka 4.3.1.
 */
export function assignGeneral(claims: StickyClaims): StickyOwners {
  const balancing = new Balancing(claims);
  balancing.run();
  const { owners } = balancing;
  return { owners, isTransferred: transfers(claims, owners) };
}

/** Balancing that takes more does not end; a few are usual. */
const MOST_SWEEPS = 1_000;

/** The algorithm under way: owners and sizes change with every partition that is dealt or moved. */
class Balancing {
  readonly owners: Ints;
  readonly #claims: StickyClaims;
  readonly #lists: readonly TopicList[];
  readonly #topicOf: Ints;
  /** Members that subscribe to each topic, in hash order. */
  readonly #subscribers: readonly (readonly number[])[];
  readonly #sizes: Ints;
  /** Members by size, then by id; those that cannot take part are taken out. */
  #bySize: number[];
  readonly #takesPart: Uint8Array;
  /** Who had a partition in an older generation. */
  readonly #formerOwners: Ints;
  readonly #moves: StickyMoves;
  #mustRevoke = false;

  constructor(claims: StickyClaims) {
    const { members, owners, subscriptions, ranks } = claims;
    const { numbering } = subscriptions;
    this.#claims = claims;
    this.owners = Int32Array.from(owners);
    this.#lists = members.map((_, member) => listOfMember(subscriptions, member));
    this.#topicOf = topicsOfPartitions(numbering);
    const subscribers: number[][] = numbering.topics.map(() => []);
    this.#lists.forEach(({ topics }, member) => {
      for (const topic of topics) subscribers[topic]?.push(member);
    });
    this.#subscribers = subscribers;
    this.#formerOwners = formerOwners(claims);
    this.#keepWhatFits();
    this.#sizes = new Int32Array(members.length);
    for (const owner of this.owners) {
      if (owner !== NOBODY) this.#sizes[owner] = at(this.#sizes, owner) + 1;
    }
    this.#takesPart = new Uint8Array(members.length).fill(1);
    this.#bySize = [...countUp(members.length)].sort(
      (a, b) => at(this.#sizes, a) - at(this.#sizes, b) || at(ranks, a) - at(ranks, b),
    );
    const topicHashes = Int32Array.from(numbering.topics, hashString);
    this.#moves = new StickyMoves(
      (number) => at(this.#topicOf, number),
      (number) => {
        const topic = at(this.#topicOf, number);
        return hashPartition(at(topicHashes, topic), number - at(numbering.firsts, topic));
      },
    );
  }

  run(): void {
    const all = this.#partitionsInOrder();
    const free = all.filter((number) => at(this.owners, number) === NOBODY);
    const isFirst = at(this.#sizes, this.#bySize.at(-1) ?? 0) === 0;
    for (const number of free) this.#give(number, this.#leastLoaded(number, true));
    for (const number of free) {
      if (at(this.owners, number) === NOBODY) this.#give(number, this.#leastLoaded(number));
    }
    const isMovable = (number: number): boolean =>
      (this.#subscribers[at(this.#topicOf, number)]?.length ?? 0) >= 2;
    this.#setAsideWhoCannotMove();
    const before = Int32Array.from(this.owners);
    const sizesBefore = Int32Array.from(this.#sizes);
    if (!this.#mustRevoke) this.#evenOut(free.filter(isMovable));
    const hasMoved = this.#evenOut(all.filter(isMovable));
    if (!isFirst && hasMoved && this.#score(this.#sizes) >= this.#score(sizesBefore)) {
      this.owners.set(before);
    }
  }

  /** What a member no longer subscribes to, or what is in no rack of its own, it has to give up. */
  #keepWhatFits(): void {
    this.owners.forEach((owner, number) => {
      if (owner === NOBODY) return;
      if (this.#subscribes(owner, number) && this.#isNear(owner, number)) return;
      this.owners[number] = NOBODY;
      this.#mustRevoke = true;
    });
  }

  /** By the number of the topic's subscribers, then by its name; partitions ascending. */
  #partitionsInOrder(): readonly number[] {
    const { firsts, counts, topics } = this.#claims.subscriptions.numbering;
    const ordered = [...countUp(topics.length)].sort(
      (a, b) => (this.#subscribers[a]?.length ?? 0) - (this.#subscribers[b]?.length ?? 0) || a - b,
    );
    return ordered.flatMap((topic) =>
      Array.from({ length: at(counts, topic) }, (_, index) => at(firsts, topic) + index),
    );
  }

  /** The least loaded of those who subscribe to a partition's topic. */
  #leastLoaded(number: number, isInRack = false): number {
    return (
      this.#bySize.find(
        (member) => this.#subscribes(member, number) && (!isInRack || this.#isNear(member, number)),
      ) ?? NOBODY
    );
  }

  #subscribes(member: number, number: number): boolean {
    return at(this.#lists[member]?.has ?? [], at(this.#topicOf, number)) === 1;
  }

  #isNear(member: number, number: number): boolean {
    const { racks } = this.#claims;
    return racks === null || isNear(racks, member, number);
  }

  #give(number: number, member: number): void {
    if (member === NOBODY) return;
    const old = at(this.owners, number);
    this.owners[number] = member;
    if (old !== NOBODY) this.#resize(old, -1);
    this.#resize(member, 1);
  }

  /** Changes a member's size, and its place among the others. */
  #resize(member: number, by: 1 | -1): void {
    const order = this.#bySize;
    let place = order.indexOf(member);
    this.#sizes[member] = at(this.#sizes, member) + by;
    if (place === -1) return;
    for (;;) {
      const neighbour = order[place + by];
      if (neighbour === undefined) return;
      const isInOrder =
        by === 1 ? this.#comesBefore(member, neighbour) : this.#comesBefore(neighbour, member);
      if (isInOrder) return;
      order[place] = neighbour;
      order[place + by] = member;
      place += by;
    }
  }

  #comesBefore(a: number, b: number): boolean {
    const difference = at(this.#sizes, a) - at(this.#sizes, b);
    return (
      difference < 0 || (difference === 0 && at(this.#claims.ranks, a) < at(this.#claims.ranks, b))
    );
  }

  /** Who holds all that it ever could, and nothing that anybody else could hold. */
  #setAsideWhoCannotMove(): void {
    const sharesTopics = new Uint8Array(this.#sizes.length);
    this.owners.forEach((owner, number) => {
      const isShared = (this.#subscribers[at(this.#topicOf, number)]?.length ?? 0) >= 2;
      if (owner !== NOBODY && isShared) sharesTopics[owner] = 1;
    });
    this.#sizes.forEach((size, member) => {
      if (size < this.#mostOf(member) || at(sharesTopics, member) === 1) return;
      this.#takesPart[member] = 0;
    });
    this.#bySize = this.#bySize.filter((member) => at(this.#takesPart, member) === 1);
  }

  /** How many partitions a member could hold. */
  #mostOf(member: number): number {
    const { counts } = this.#claims.subscriptions.numbering;
    let most = 0;
    for (const topic of this.#lists[member]?.topics ?? []) most += at(counts, topic);
    return most;
  }

  /**
   * Moves partitions until nothing can be evened out; false when none has moved.
   *
   * @throws PlaygroundError `assignor-endless` where Kafka's leader would go on for good: it moves
   *   partitions back to a former owner, and away again (seen in GeneralAssignmentBuilder
   *   #performReassignments, 4.3.1).
   */
  #evenOut(partitions: readonly number[]): boolean {
    let hasMoved = false;
    let sweeps = 0;
    for (let isModified = true; isModified;) {
      isModified = false;
      sweeps += 1;
      if (sweeps > MOST_SWEEPS) throw endless();
      for (const number of partitions) {
        if (this.#isBalanced()) break;
        const taker = this.#takerOf(number);
        if (taker === null) continue;
        this.#move(number, taker);
        hasMoved = true;
        isModified = true;
      }
    }
    return hasMoved;
  }

  /** Who should have a partition instead: its former owner, or the least loaded; null for nobody. */
  #takerOf(number: number): number | null {
    const size = at(this.#sizes, at(this.owners, number));
    const isLess = (member: number): boolean =>
      at(this.#takesPart, member) === 1 && size > at(this.#sizes, member) + 1;
    const former = at(this.#formerOwners, number);
    if (former !== NOBODY && isLess(former)) return former;
    const topic = at(this.#topicOf, number);
    return this.#subscribers[topic]?.some(isLess) === true ? this.#leastLoaded(number) : null;
  }

  #move(number: number, to: number): void {
    const moved = this.#moves.bestToMove(number, at(this.owners, number), to);
    this.#moves.record(moved, at(this.owners, moved), to);
    this.#give(moved, to);
  }

  /** Nobody could take from somebody who has two more. */
  #isBalanced(): boolean {
    const least = at(this.#sizes, this.#bySize[0] ?? 0);
    const most = at(this.#sizes, this.#bySize.at(-1) ?? 0);
    if (least >= most - 1) return true;
    const largest = new Int32Array(this.#subscribers.length);
    this.owners.forEach((owner, number) => {
      if (owner === NOBODY || at(this.#takesPart, owner) === 0) return;
      const topic = at(this.#topicOf, number);
      largest[topic] = Math.max(at(largest, topic), at(this.#sizes, owner));
    });
    return this.#bySize.every((member) => {
      const size = at(this.#sizes, member);
      if (size === this.#mostOf(member)) return true;
      return this.#lists[member]?.topics.every((topic) => at(largest, topic) <= size + 1) ?? true;
    });
  }

  /** The sum of the differences between any two who take part. */
  #score(sizes: Ints): number {
    const sorted = sizes.filter((_, member) => at(this.#takesPart, member) === 1).sort();
    let score = 0;
    sorted.forEach((size, index) => {
      score += size * (2 * index - sorted.length + 1);
    });
    return score;
  }
}

const endless = (): PlaygroundError =>
  new PlaygroundError(
    'assignor-endless',
    'Kafka’s sticky assignors never come to an end with what the members of this group claim and subscribe to.',
    'Give the members other subscriptions, or let none of them miss a generation.',
  );

/** What comes to somebody who has not claimed it, while somebody else has. */
function transfers({ claims, subscriptions }: StickyClaims, owners: Ints): Uint8Array {
  const isKept = new Uint8Array(owners.length);
  const isTransferred = new Uint8Array(owners.length);
  claims.forEach(({ partitions }, member) => {
    eachNumber(subscriptions.numbering, partitions, (number) => {
      if (at(owners, number) === member) isKept[number] = 1;
      else if (at(owners, number) !== NOBODY) isTransferred[number] = 1;
    });
  });
  isKept.forEach((kept, number) => {
    if (kept === 1) isTransferred[number] = 0;
  });
  return isTransferred;
}

/** Whoever had a partition in a generation before the highest, of several the latest. */
function formerOwners({ claims, highestGeneration, subscriptions, owners }: StickyClaims): Ints {
  const former = new Int32Array(owners.length).fill(NOBODY);
  const generations = new Int32Array(owners.length).fill(NOBODY);
  claims.forEach(({ partitions, generation }, member) => {
    if (generation >= highestGeneration) return;
    eachNumber(subscriptions.numbering, partitions, (number) => {
      if (at(former, number) !== NOBODY && generation <= at(generations, number)) return;
      former[number] = member;
      generations[number] = generation;
    });
  });
  return former;
}
