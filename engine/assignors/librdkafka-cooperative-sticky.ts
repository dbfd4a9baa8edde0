import { existing } from '../assert.ts';
import type { MemberId } from '../protocol/ids.ts';
import { comparePartitions, printPartition, type TopicPartition } from '../protocol/partitions.ts';
import { at } from '../java/ints.ts';
import type {
  Assignment,
  Assignor,
  AssignorContext,
  AssignorMember,
  PartitionCounts,
  ReplicaRacks,
} from './assignor.ts';
import { isNear, readDifferentRacks } from './racks.ts';
import { readMembers } from './subscriptions.ts';

/** A partition by its printed name. */
type Name = string;

/** Who could get what, and who has had it. */
interface Question {
  readonly memberIds: readonly MemberId[];
  /** Partitions that exist and that somebody subscribes to, the last one first. */
  readonly partitions: readonly Name[];
  readonly partitionOf: ReadonlyMap<Name, TopicPartition>;
  /** Members that subscribe to it, in the order of the group. */
  readonly candidates: ReadonlyMap<Name, readonly MemberId[]>;
  /** Partitions that a member could get. */
  readonly reach: ReadonlyMap<MemberId, ReadonlySet<Name>>;
  /** Whether a partition has a replica in the member's rack, if that makes a difference. */
  readonly isNear: (memberId: MemberId, partition: TopicPartition) => boolean;
  /** Who held a partition before the one who claims it with the highest generation. */
  readonly previous: ReadonlyMap<Name, MemberId>;
}

/** A partition that was taken from one member for another in this run. */
interface Movement {
  readonly name: Name;
  readonly from: MemberId;
  readonly to: MemberId;
}

/**
 * librdkafka's cooperative-sticky, which goes by the general algorithm of Kafka's AbstractStickyAssignor
 * also where Java has a short cut for equal subscriptions. What nobody holds goes out in the order of
 * librdkafka's maps, which is last in, first out: from the highest partition of the last topic down.
 *
 * Racks count as they do in Java's general algorithm: a member keeps only what is in its own, and is
 * first dealt that.
 *
 * Simplification: of claims with different generations the highest is also the owner that partitions
 * are moved from. Where a movement is undone librdkafka reads the partition from a list that it has
 * just changed (PartitionMovements_getTheActualPartitionToBeMoved), and may move the wrong one or
 * crash; here the right one is moved.
 *
 * Source: rdkafka_sticky_assignor.c and rdkafka_cgrp.c,
 * rd_kafka_cooperative_protocol_adjust_assignment, version 2.15; rdmap.c for the order of maps.
 */
function assign(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  { replicaRacks }: AssignorContext = {},
): Assignment {
  const isNear = readNear(members, counts, replicaRacks);
  const { question, held } = readClaims(members, { ...readReach(members, counts), isNear });
  const deal = new Deal(question, held);
  const order = sortForReassignment(question, deal);
  const isRevoked = dropUnfit(question, deal);
  const unassigned = order.filter((name) => !deal.owners.has(name));
  balance(question, deal, order, unassigned, isRevoked);
  return withholdMoved(members, question, deal);
}

type Reach = Omit<Question, 'previous'>;

/** Source: rdkafka_sticky_assignor.c, rd_kafka_rack_info_new. */
function readNear(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  replicaRacks: ReplicaRacks | undefined,
): Question['isNear'] {
  const { numbering } = readMembers(members, counts);
  const racks = readDifferentRacks(members, numbering, replicaRacks);
  if (racks === null) return () => true;
  const indexes = new Map(members.map(({ memberId }, index) => [memberId, index]));
  return (memberId, { topic, partition }) => {
    const first = at(numbering.firsts, existing(numbering.indexOfTopic.get(topic), topic));
    return isNear(racks, existing(indexes.get(memberId), memberId), first + partition);
  };
}

function readReach(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
): Omit<Reach, 'isNear'> {
  const partitionOf = new Map<Name, TopicPartition>();
  const candidates = new Map<Name, MemberId[]>();
  const reach = new Map(members.map(({ memberId }) => [memberId, new Set<Name>()]));
  const topics = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [topic, count] of topics) {
    const subscribers = members.filter(({ subscription }) => subscription.topics.includes(topic));
    if (subscribers.length === 0) continue;
    for (let partition = 0; partition < count; partition += 1) {
      const name = printPartition({ topic, partition });
      partitionOf.set(name, { topic, partition });
      candidates.set(
        name,
        subscribers.map(({ memberId }) => memberId),
      );
      for (const { memberId } of subscribers) reach.get(memberId)?.add(name);
    }
  }
  const memberIds = members.map(({ memberId }) => memberId);
  return {
    memberIds,
    partitions: [...candidates.keys()].reverse(),
    partitionOf,
    candidates,
    reach,
  };
}

/** The highest generation holds a partition; two claims of one generation void each other. */
function readClaims(
  members: readonly AssignorMember[],
  reach: Reach,
): { readonly question: Question; readonly held: ReadonlyMap<Name, MemberId> } {
  const claims = new Map<Name, { readonly memberId: MemberId; readonly generation: number }[]>();
  for (const { memberId, subscription } of members) {
    for (const partition of subscription.ownedPartitions) {
      const name = printPartition(partition);
      const claim = { memberId, generation: subscription.generationId ?? -1 };
      claims.set(name, [...(claims.get(name) ?? []), claim]);
    }
  }
  const held = new Map<Name, MemberId>();
  const previous = new Map<Name, MemberId>();
  for (const [name, claimants] of claims) {
    if (new Set(claimants.map(({ generation }) => generation)).size < claimants.length) continue;
    const [last, before] = claimants.sort((a, b) => b.generation - a.generation);
    if (last !== undefined && reach.candidates.has(name)) held.set(name, last.memberId);
    if (before !== undefined) previous.set(name, before.memberId);
  }
  return { question: { ...reach, previous }, held };
}

/** An assignment in the making. */
class Deal {
  readonly #question: Question;
  #owners = new Map<Name, MemberId>();
  readonly #counts = new Map<MemberId, number>();
  /** Members that may still gain or lose something. */
  #players: readonly MemberId[];
  #movements: Movement[] = [];

  constructor(question: Question, held: ReadonlyMap<Name, MemberId>) {
    this.#question = question;
    this.#players = question.memberIds;
    for (const [name, memberId] of held) this.give(name, memberId);
  }

  get owners(): ReadonlyMap<Name, MemberId> {
    return this.#owners;
  }

  owner(name: Name): MemberId {
    return existing(this.#owners.get(name), `owner of ${name}`);
  }

  give(name: Name, memberId: MemberId): void {
    this.drop(name);
    this.#owners.set(name, memberId);
    this.#counts.set(memberId, this.count(memberId) + 1);
  }

  drop(name: Name): void {
    const owner = this.#owners.get(name);
    if (owner === undefined) return;
    this.#owners.delete(name);
    this.#counts.set(owner, this.count(owner) - 1);
  }

  /** Sorted. */
  partitionsOf(memberId: MemberId): readonly Name[] {
    const names = [...this.#owners].flatMap(([name, owner]) => (owner === memberId ? [name] : []));
    return names.sort((a, b) => compareNames(this.#question, a, b));
  }

  count(memberId: MemberId): number {
    return this.#counts.get(memberId) ?? 0;
  }

  /** From the member with the fewest partitions to that with the most, ties by member id. */
  ranking(): readonly MemberId[] {
    return rankByCount(this.#players, (memberId) => this.count(memberId));
  }

  /** The lowest in the ranking that may have this partition, and has it in its rack; or null. */
  poorestNear(name: Name): MemberId | null {
    const mayHave = (memberId: MemberId): boolean =>
      this.#mayHave(memberId, name) && this.isNear(memberId, name);
    return this.ranking().find(mayHave) ?? null;
  }

  isNear(memberId: MemberId, name: Name): boolean {
    const { isNear, partitionOf } = this.#question;
    return isNear(memberId, existing(partitionOf.get(name), name));
  }

  /** The lowest in the ranking that may have this partition. */
  poorestFor(name: Name): MemberId {
    const poorest = this.ranking().find((memberId) => this.#mayHave(memberId, name));
    return existing(poorest, `a member for ${name}`);
  }

  #mayHave(memberId: MemberId, name: Name): boolean {
    return this.#question.reach.get(memberId)?.has(name) === true;
  }

  /** Who has all that it could have, and nothing that others could have, is left alone. */
  leaveOutSettled(): void {
    const { reach, candidates } = this.#question;
    this.#players = this.#players.filter((memberId) => {
      if (this.count(memberId) < (reach.get(memberId)?.size ?? 0)) return true;
      const names = this.partitionsOf(memberId);
      return names.some((name) => (candidates.get(name)?.length ?? 0) >= 2);
    });
  }

  /** No member could have a partition of one that has more. */
  isBalanced(): boolean {
    const ranking = this.ranking();
    const [fewest, most] = [ranking[0], ranking.at(-1)];
    if (fewest === undefined || most === undefined) return true;
    if (this.count(fewest) >= this.count(most) - 1) return true;
    return ranking.every((memberId) => {
      const count = this.count(memberId);
      const wanted = this.#question.reach.get(memberId) ?? new Set<Name>();
      return [...wanted].every(
        (name) => this.owner(name) === memberId || count >= this.count(this.owner(name)),
      );
    });
  }

  /** Rather than to move two partitions crosswise, the first movement is undone. */
  move(name: Name, to: MemberId): void {
    const topic = this.#question.partitionOf.get(name)?.topic;
    const origin = this.#movements.find((movement) => movement.name === name);
    const from = origin?.from ?? this.owner(name);
    const crossing = this.#movements.find(
      (movement) =>
        movement.from === to &&
        movement.to === from &&
        this.#question.partitionOf.get(movement.name)?.topic === topic,
    );
    this.#hand(crossing?.name ?? name, to);
  }

  #hand(name: Name, to: MemberId): void {
    const origin = this.#movements.find((movement) => movement.name === name);
    const from = origin?.from ?? this.owner(name);
    this.#movements = this.#movements.filter((movement) => movement !== origin);
    if (from !== to) this.#movements.push({ name, from, to });
    this.give(name, to);
  }

  /** The differences of all pairs; 0 when all have the same. */
  imbalance(): number {
    const sizes = this.#players.map((memberId) => this.count(memberId));
    return sizes.reduce(
      (sum, size, index) =>
        sizes.slice(index + 1).reduce((inner, other) => inner + Math.abs(size - other), sum),
      0,
    );
  }
}

const compareNames = ({ partitionOf }: Question, a: Name, b: Name): number =>
  comparePartitions(
    existing(partitionOf.get(a), `partition ${a}`),
    existing(partitionOf.get(b), `partition ${b}`),
  );

const rankByCount = (
  memberIds: readonly MemberId[],
  count: (memberId: MemberId) => number,
): readonly MemberId[] =>
  memberIds
    .map((memberId) => ({ memberId, size: count(memberId) }))
    .sort((a, b) => a.size - b.size || (a.memberId < b.memberId ? -1 : 1))
    .map(({ memberId }) => memberId);

/**
 * The order in which partitions are tried for reassignment: with equal subscriptions one of the
 * richest member at a time, then what nobody holds; else those with the fewest candidates first.
 */
function sortForReassignment(question: Question, deal: Deal): readonly Name[] {
  const { partitions, candidates, memberIds, previous, reach } = question;
  const inOrder = [...partitions].sort((a, b) => compareNames(question, a, b));
  const sizes = new Set([...reach.values()].map(({ size }) => size));
  const isEqual =
    sizes.size <= 1 &&
    partitions.every((name) => candidates.get(name)?.length === memberIds.length);
  if (!isEqual) {
    const width = (name: Name): number => candidates.get(name)?.length ?? 0;
    return inOrder.sort((a, b) => width(a) - width(b) || compareNames(question, a, b));
  }
  if (deal.owners.size === 0) return inOrder;
  const left = new Map(memberIds.map((memberId) => [memberId, [...deal.partitionsOf(memberId)]]));
  const sorted: Name[] = [];
  while (sorted.length < deal.owners.size) {
    const ranking = rankByCount(memberIds, (memberId) => left.get(memberId)?.length ?? 0);
    const names = existing(left.get(existing(ranking.at(-1), 'a member')), 'its partitions');
    const [first] = names;
    const next = existing(names.find((name) => previous.has(name)) ?? first, 'a partition');
    names.splice(names.indexOf(next), 1);
    sorted.push(next);
  }
  return [...sorted, ...partitions.filter((name) => !deal.owners.has(name))];
}

/**
 * Takes away what a member holds of topics that it no longer subscribes to, or not in its rack; whether
 * there was any.
 */
function dropUnfit({ reach }: Question, deal: Deal): boolean {
  const gone = [...deal.owners].filter(
    ([name, owner]) => reach.get(owner)?.has(name) !== true || !deal.isNear(owner, name),
  );
  for (const [name] of gone) deal.drop(name);
  return gone.length > 0;
}

function balance(
  { candidates, previous }: Question,
  deal: Deal,
  order: readonly Name[],
  unassigned: readonly Name[],
  isRevoked: boolean,
): void {
  const isFirst = deal.owners.size === 0;
  const left = unassigned.filter((name) => {
    const near = deal.poorestNear(name);
    if (near !== null) deal.give(name, near);
    return near === null;
  });
  for (const name of left) deal.give(name, deal.poorestFor(name));
  deal.leaveOutSettled();
  const before = new Map(deal.owners);
  const imbalanceBefore = deal.imbalance();
  const isMovable = (name: Name): boolean => (candidates.get(name)?.length ?? 0) >= 2;
  const reassign = (names: readonly Name[]): boolean => {
    let hasMoved = false;
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const name of names.filter(isMovable)) {
        if (deal.isBalanced()) break;
        const to = betterOwner(name);
        if (to === null) continue;
        deal.move(name, to);
        [isNew, hasMoved] = [true, true];
      }
    }
    return hasMoved;
  };
  const betterOwner = (name: Name): MemberId | null => {
    const count = deal.count(deal.owner(name));
    const former = previous.get(name);
    if (former !== undefined && count > deal.count(former) + 1) return former;
    const hasPoorer = candidates.get(name)?.some((memberId) => count > deal.count(memberId) + 1);
    return hasPoorer === true ? deal.poorestFor(name) : null;
  };
  // What has just been dealt out is moved first, for that costs nobody anything.
  if (!isRevoked) reassign(unassigned);
  const hasMoved = reassign(order);
  if (!isFirst && hasMoved && deal.imbalance() >= imbalanceBefore) {
    for (const [name, owner] of before) deal.give(name, owner);
  }
}

/** What somebody else still holds is given to nobody; its holder gives it up, and rejoins. KIP-429. */
function withholdMoved(
  members: readonly AssignorMember[],
  { partitionOf }: Question,
  deal: Deal,
): Assignment {
  const holders = new Map<Name, MemberId>();
  const held = new Map<Name, TopicPartition>();
  for (const { memberId, subscription } of members) {
    for (const partition of subscription.ownedPartitions) {
      holders.set(printPartition(partition), memberId);
      held.set(printPartition(partition), partition);
    }
  }
  const assignment = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
  const give = (memberId: MemberId, partition: TopicPartition): void => {
    existing(assignment.get(memberId), 'a member').push(partition);
  };
  for (const [name, owner] of deal.owners) {
    const isFree = (holders.get(name) ?? owner) === owner;
    if (isFree) give(owner, existing(partitionOf.get(name), `partition ${name}`));
  }
  // What no longer exists for the group stays with its holder until that one knows, too.
  for (const [name, holder] of holders) {
    if (!deal.owners.has(name)) give(holder, existing(held.get(name), `partition ${name}`));
  }
  return new Map(
    [...assignment].map(([memberId, partitions]) => [memberId, partitions.sort(comparePartitions)]),
  );
}

export const librdkafkaCooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  rebalanceProtocols: ['cooperative'],
  assign,
};
