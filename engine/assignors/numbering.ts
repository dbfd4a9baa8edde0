import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import type { Assignment } from './assignor.ts';

/** No member, where a partition's owner is asked for. */
export const NOBODY = -1;

/**
 * Partitions as numbers, so that assignors work on arrays of them: topics in order of their names,
 * the partitions of each in order, numbered through from 0. The order of the numbers is the order
 * in which an assignment is printed.
 */
export interface Numbering {
  readonly topics: readonly string[];
  readonly topicCount: number;
  readonly indexOfTopic: ReadonlyMap<string, number>;
  /** How many partitions each topic has. */
  readonly counts: Ints;
  /** Number of each topic's partition 0. */
  readonly firsts: Ints;
  readonly partitionCount: number;
}

export function numberPartitions(counted: Iterable<readonly [string, number]>): Numbering {
  const sorted = [...counted].sort(([a], [b]) => (a < b ? -1 : 1));
  const counts = Int32Array.from(sorted, ([, count]) => count);
  const firsts = new Int32Array(sorted.length);
  let partitionCount = 0;
  counts.forEach((count, topic) => {
    firsts[topic] = partitionCount;
    partitionCount += count;
  });
  return {
    topics: sorted.map(([name]) => name),
    topicCount: sorted.length,
    indexOfTopic: new Map(sorted.map(([name], index) => [name, index])),
    counts,
    firsts,
    partitionCount,
  };
}

/** Index of the topic of each partition. */
export function topicsOfPartitions({ firsts, partitionCount }: Numbering): Ints {
  const topics = new Int32Array(partitionCount);
  firsts.forEach((first, topic) => topics.fill(topic, first));
  return topics;
}

/**
 * Calls back with the numbers of those partitions that exist, in their order.
 *
 * Simplification: Kafka's sticky assignors keep a partition that its topic no longer has for whoever
 * claims it, and then hand out others twice, or fail ("No more unfilled consumers to be assigned").
 * That takes a topic that was made anew with fewer partitions; topics do not lose any.
 */
export function eachNumber(
  { indexOfTopic, counts, firsts }: Numbering,
  partitions: readonly TopicPartition[],
  onNumber: (number: number, topicIndex: number) => void,
): void {
  let lastTopic: string | null = null;
  let index: number | undefined;
  for (const { topic, partition } of partitions) {
    // Partitions of one topic mostly stand together.
    if (topic !== lastTopic) {
      index = indexOfTopic.get(topic);
      lastTopic = topic;
    }
    if (index === undefined || partition >= at(counts, index)) continue;
    onNumber(at(firsts, index) + partition, index);
  }
}

/**
 * The members' partitions, sorted, given the index of each partition's owner, or `NOBODY`.
 *
 * @param memberIds in the order that the owners' indexes mean.
 * @param members in the order of the result.
 */
export function readOwners(
  numbering: Numbering,
  memberIds: readonly MemberId[],
  owners: Ints,
  members: readonly { readonly memberId: MemberId }[],
): Assignment {
  const assignment = new Map<MemberId, TopicPartition[]>();
  for (const { memberId } of members) assignment.set(memberId, []);
  const lists = memberIds.map((memberId) => assignment.get(memberId));
  numbering.topics.forEach((topic, topicIndex) => {
    const first = at(numbering.firsts, topicIndex);
    const count = at(numbering.counts, topicIndex);
    for (let partition = 0; partition < count; partition += 1) {
      const owner = at(owners, first + partition);
      if (owner !== NOBODY) lists[owner]?.push({ topic, partition });
    }
  });
  return assignment;
}

export const newOwners = ({ partitionCount }: Numbering): Ints =>
  new Int32Array(partitionCount).fill(NOBODY);
