import { existing } from '../assert.ts';
import { copyTableLength, orderByHash } from '../java/hash-order.ts';
import { orderOfComputed } from '../java/hash-table.ts';
import { at, type Ints } from '../java/ints.ts';
import { hashUuid, readUuid } from '../java/uuid.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import type { BrokerTopic } from './assignor.ts';

type Topics = ReadonlyMap<string, BrokerTopic>;

/**
 * What somebody has, in the order in which a `Map<Uuid, Set<Integer>>` of Kafka's coordinator lists it
 * that was read from a record: topics by the hash of their ids, those of one bucket as they stand in the
 * record. Topics that are gone are left out: here they have no id to go by.
 *
 * Source: Assignment#fromRecord, Kafka 4.3.1: `Collectors.toMap` of `new HashSet<>(list)`.
 */
export function inRecordOrder(
  partitions: readonly TopicPartition[],
  topics: Topics,
): readonly TopicPartition[] {
  const { names, hashes, numbersOf } = byTopic(partitions, topics);
  return [...orderByHash(hashes)].flatMap((index) => {
    const topic = existing(names[index], 'topic');
    const numbers = Int32Array.from(existing(numbersOf.get(topic), topic));
    return listed(
      topic,
      numbers,
      orderByHash(numbers, { tableLength: copyTableLength(numbers.length) }),
    );
  });
}

/**
 * The same of a map that was filled partition by partition with `computeIfAbsent`, as assignors do it
 * and `test/vectors`.
 */
export function inComputedOrder(
  partitions: readonly TopicPartition[],
  topics: Topics,
): readonly TopicPartition[] {
  const { names, hashes, numbersOf, isAskedAgain } = byTopic(partitions, topics);
  return orderOfComputed(hashes, isAskedAgain).flatMap((index) => {
    const topic = existing(names[index], 'topic');
    const numbers = Int32Array.from(existing(numbersOf.get(topic), topic));
    return listed(topic, numbers, orderByHash(numbers));
  });
}

const listed = (topic: string, numbers: Ints, order: Ints): readonly TopicPartition[] =>
  [...order].map((index) => ({ topic, partition: at(numbers, index) }));

function byTopic(
  partitions: readonly TopicPartition[],
  topics: Topics,
): {
  readonly names: readonly string[];
  readonly hashes: Ints;
  readonly numbersOf: ReadonlyMap<string, readonly number[]>;
  /** The last partition was one of a topic that was there already. */
  readonly isAskedAgain: boolean;
} {
  const numbersOf = new Map<string, number[]>();
  let isAskedAgain = false;
  for (const { topic, partition } of partitions) {
    const known = numbersOf.get(topic);
    if (known !== undefined) known.push(partition);
    else if (topics.has(topic)) numbersOf.set(topic, [partition]);
    else continue;
    isAskedAgain = known !== undefined;
  }
  const names = [...numbersOf.keys()];
  const hashes = Int32Array.from(names, (name) =>
    hashUuid(readUuid(existing(topics.get(name), name).topicId)),
  );
  return { names, hashes, numbersOf, isAskedAgain };
}
