import { existing } from '../assert.ts';
import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { AssignorMember, BrokerTopic, PartitionCounts } from './assignor.ts';
import { numberPartitions, type Numbering } from './numbering.ts';

/** Who subscribes to what, in numbers: members by their index, topics by theirs in `numbering`. */
export interface Subscriptions {
  /** The topics that somebody subscribes to and that have partitions. */
  readonly numbering: Numbering;
  /** The lists of topics that members sent, each once where neighbours sent the same. */
  readonly lists: readonly TopicList[];
  /** Index into `lists` for each member. */
  readonly listOf: Ints;
}

/** A subscription that one member or several have sent. */
export interface TopicList {
  readonly names: readonly string[];
  /** Those of its topics that have partitions, in its order. */
  readonly topics: Ints;
  /** Whether a topic is among them: 1 at its index. */
  readonly has: Uint8Array;
}

/**
 * Reads the topics that members want; what nobody subscribes to, or has no partitions, is left out.
 *
 * Source: AbstractPartitionAssignor#assign, Kafka 4.3.1.
 */
export function readSubscriptions(
  topicsOfMembers: readonly (readonly string[])[],
  counts: PartitionCounts,
): Subscriptions {
  const listOf = new Int32Array(topicsOfMembers.length);
  const distinct: (readonly string[])[] = [];
  topicsOfMembers.forEach((names, member) => {
    const last = distinct.at(-1);
    if (last === undefined || !isSameList(last, names)) distinct.push(names);
    listOf[member] = distinct.length - 1;
  });
  const counted = new Map<string, number>();
  for (const names of distinct) {
    for (const name of names) {
      const count = counts.get(name);
      if (count !== undefined && count > 0) counted.set(name, count);
    }
  }
  const numbering = numberPartitions(counted);
  return { numbering, lists: distinct.map((names) => readList(names, numbering)), listOf };
}

/** Most groups have one subscription, which all members send. */
function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]));
}

function readList(names: readonly string[], numbering: Numbering): TopicList {
  const topics = Int32Array.from(
    names
      .map((name) => numbering.indexOfTopic.get(name))
      .filter((topic): topic is number => topic !== undefined),
  );
  const has = new Uint8Array(numbering.topicCount);
  for (const topic of topics) has[topic] = 1;
  return { names, topics, has };
}

/** The subscription of a member. */
export const listOfMember = ({ lists, listOf }: Subscriptions, member: number): TopicList =>
  existing(lists[at(listOf, member)], 'subscription');

export const readMembers = (
  members: readonly AssignorMember[],
  counts: PartitionCounts,
): Subscriptions =>
  readSubscriptions(
    members.map(({ subscription }) => subscription.topics),
    counts,
  );

export const idsOf = (members: readonly { readonly memberId: MemberId }[]): readonly MemberId[] =>
  members.map(({ memberId }) => memberId);

/** Position of each member when they are sorted by member id, as UTF-16 code units compare. */
export function ranksOf(memberIds: readonly MemberId[]): Ints {
  const sorted = memberIds.map((memberId, member) => ({ memberId, member }));
  sorted.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const ranks = new Int32Array(memberIds.length);
  sorted.forEach(({ member }, rank) => {
    ranks[member] = rank;
  });
  return ranks;
}

export const countsOf = (topics: ReadonlyMap<string, BrokerTopic>): PartitionCounts =>
  new Map([...topics].map(([name, { partitionCount }]) => [name, partitionCount]));
