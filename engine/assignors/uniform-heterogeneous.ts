import { existing } from '../assert.ts';
import { at, type Ints } from '../java/ints.ts';
import { compareUuids } from '../java/uuid.ts';
import type { BrokerGroup } from './broker-groups.ts';
import { NOBODY, newOwners, topicsOfPartitions } from './numbering.ts';
import { listOfMember } from './subscriptions.ts';
import { UniformBalancer } from './uniform-balancer.ts';

/** More sweeps over all topics than this are not worth it. */
const MOST_SWEEPS = 16;

/**
 * Owners when members subscribe to different topics: all keep what they had; what is free goes to
 * the least loaded subscribers; then partitions move from the most to the least loaded, topic by
 * topic, until that changes nothing.
 *
 * Source: UniformHeterogeneousAssignmentBuilder, Kafka 4.3.1.
 */
export function assignHeterogeneous(group: BrokerGroup): Ints {
  const dealing = newDealing(group);
  for (const topic of dealing.topics) dealFree(dealing, topic);
  balance(dealing);
  return dealing.owners;
}

interface Dealing {
  readonly group: BrokerGroup;
  readonly owners: Ints;
  /** How many partitions each member has. */
  readonly sizes: Ints;
  /** Members that subscribe to each topic, ascending. */
  readonly subscribers: readonly (readonly number[])[];
  /** In the order in which they are dealt. */
  readonly topics: readonly number[];
}

function newDealing(group: BrokerGroup): Dealing {
  const { subscriptions, targets, topicIds } = group;
  const { numbering } = subscriptions;
  const owners = newOwners(numbering);
  const topicOf = topicsOfPartitions(numbering);
  const sizes = new Int32Array(targets.length);
  const subscribers: number[][] = topicIds.map(() => []);
  targets.forEach((target, member) => {
    const { topics, has } = listOfMember(subscriptions, member);
    for (const topic of topics) subscribers[topic]?.push(member);
    for (const number of target) {
      if (at(has, at(topicOf, number)) === 0) continue;
      owners[number] = member;
      sizes[member] = at(sizes, member) + 1;
    }
  });
  const loadOf = (topic: number): number =>
    at(numbering.counts, topic) / (subscribers[topic]?.length ?? 1);
  const topics = topicIds
    .map((id, topic) => ({
      id,
      topic,
      load: loadOf(topic),
      count: subscribers[topic]?.length ?? 0,
    }))
    .sort((a, b) => b.load - a.load || a.count - b.count || compareUuids(a.id, b.id))
    .map(({ topic }) => topic);
  return { group, owners, sizes, subscribers, topics };
}

function give({ owners, sizes }: Dealing, number: number, member: number): void {
  const old = at(owners, number);
  if (old !== NOBODY) sizes[old] = at(sizes, old) - 1;
  owners[number] = member;
  sizes[member] = at(sizes, member) + 1;
}

/** Numbers of a topic's partitions. */
function numbersOf({ group }: Dealing, topic: number): readonly number[] {
  const { firsts, counts } = group.subscriptions.numbering;
  return Array.from({ length: at(counts, topic) }, (_, index) => at(firsts, topic) + index);
}

const subscribersOf = ({ subscribers }: Dealing, topic: number): readonly number[] =>
  existing(subscribers[topic], 'subscribers');

function dealFree(dealing: Dealing, topic: number): void {
  const { owners, sizes } = dealing;
  const free = numbersOf(dealing, topic).filter((number) => at(owners, number) === NOBODY);
  if (free.length === 0) return;
  const balancer = new UniformBalancer(sizes, subscribersOf(dealing, topic));
  for (const number of free) give(dealing, number, balancer.nextLeastLoaded());
}

/** Sweeps over the topics until the one that moved last comes round again. */
function balance(dealing: Dealing): void {
  const topics = dealing.topics.filter((topic) => subscribersOf(dealing, topic).length >= 2);
  let lastMoved: number | null = null;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    for (const topic of topics) {
      if (topic === lastMoved) return;
      const hasMoved = balanceTopic(dealing, topic);
      if (hasMoved || lastMoved === null) lastMoved = topic;
    }
  }
}

/** Moves partitions of one topic among its subscribers; false when none has moved. */
function balanceTopic(dealing: Dealing, topic: number): boolean {
  const { owners, sizes } = dealing;
  const balancer = new UniformBalancer(sizes, subscribersOf(dealing, topic));
  if (balancer.imbalance <= 1) return false;
  // What a member has of the topic at the beginning; what it gets now is not moved once more.
  const groups = new Map<number, number[]>();
  for (const number of numbersOf(dealing, topic)) {
    const owner = at(owners, number);
    const numbers = groups.get(owner) ?? [];
    numbers.push(number);
    groups.set(owner, numbers);
  }
  let hasMoved = false;
  while (!balancer.isBalanced()) {
    const number = nextToMove(balancer, groups);
    if (number === null) break;
    const taker = balancer.nextLeastLoaded();
    if (balancer.isBalanced()) break;
    give(dealing, number, taker);
    hasMoved = true;
  }
  return hasMoved;
}

/** The last partition of the most loaded member that has one; null when nobody has. */
function nextToMove(
  balancer: UniformBalancer,
  groups: ReadonlyMap<number, number[]>,
): number | null {
  for (;;) {
    const member = balancer.nextMostLoaded();
    if (member === null) return null;
    const number = groups.get(member)?.pop();
    if (number !== undefined) return number;
    balancer.leaveOutMostLoaded();
  }
}
