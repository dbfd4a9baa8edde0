import { DEFAULT_TABLE_LENGTH, hashOrder, orderByHash } from '../java/hash-order.ts';
import { orderOfComputed } from '../java/hash-table.ts';
import { at, type Ints } from '../java/ints.ts';
import { hashUuid, readUuid, type Uuid } from '../java/uuid.ts';
import { existing } from '../assert.ts';
import type { BrokerAssignorMember, BrokerTopic } from './assignor.ts';
import { countsOf, readSubscriptions, type Subscriptions } from './subscriptions.ts';

/** A group as the broker's `uniform` sees it: members and topics in numbers. */
export interface BrokerGroup {
  /** In Kafka's hash order of their ids. */
  readonly members: readonly BrokerAssignorMember[];
  readonly subscriptions: Subscriptions;
  /** Ids of the topics, in the order of their numbers. */
  readonly topicIds: readonly Uuid[];
  readonly topicHashes: Ints;
  /** Previous targets in the order in which Kafka iterates over them, topic by topic. */
  readonly targets: readonly (readonly TargetOfTopic[])[];
}

/** What a member's previous target has of one topic. */
export interface TargetOfTopic {
  /** Number of the topic; null when nobody subscribes to it any more. */
  readonly topic: number | null;
  /** Numbers of partitions within the topic, in the order of a `HashSet<Integer>`. */
  readonly partitions: readonly number[];
}

export function readBrokerGroup(
  members: readonly BrokerAssignorMember[],
  topics: ReadonlyMap<string, BrokerTopic>,
): BrokerGroup {
  const byId = new Map(members.map((member) => [member.memberId, member]));
  const ordered = hashOrder([...byId.keys()]).map((id) => existing(byId.get(id), id));
  const subscriptions = readSubscriptions(
    ordered.map((member) => member.topics),
    countsOf(topics),
  );
  const { numbering } = subscriptions;
  const idOf = (name: string): Uuid => readUuid(existing(topics.get(name), name).topicId);
  const topicIds = numbering.topics.map(idOf);
  const hashOf = new Map(
    [...topics].map(([name, { topicId }]) => [name, hashUuid(readUuid(topicId))]),
  );
  return {
    members: ordered,
    subscriptions,
    topicIds,
    topicHashes: Int32Array.from(topicIds, hashUuid),
    targets: ordered.map(({ target }) => readTarget(target, subscriptions, hashOf)),
  };
}

/**
 * Source: Kafka keeps a target as a `HashMap<Uuid, HashSet<Integer>>`. A topic that is gone has no id
 * to go by here; nothing of it is kept.
 */
function readTarget(
  target: BrokerAssignorMember['target'],
  { numbering }: Subscriptions,
  hashOf: ReadonlyMap<string, number>,
): readonly TargetOfTopic[] {
  const partitionsOf = new Map<string, number[]>();
  for (const { topic, partition } of target) {
    const known = partitionsOf.get(topic);
    if (known !== undefined) known.push(partition);
    else if (hashOf.has(topic)) partitionsOf.set(topic, [partition]);
  }
  const names = [...partitionsOf.keys()];
  const hashes = Int32Array.from(names, (name) => hashOf.get(name) ?? 0);
  return orderOfComputed(hashes).map((index) => {
    const name = existing(names[index], 'topic of a target');
    const topic = numbering.indexOfTopic.get(name) ?? null;
    return { topic, partitions: orderNumbers(existing(partitionsOf.get(name), name)) };
  });
}

/** Numbers as a `HashSet<Integer>` lists them: in their order as long as the table has room for all. */
function orderNumbers(numbers: readonly number[]): readonly number[] {
  const isPlain = numbers.every(
    (number, index) =>
      number < DEFAULT_TABLE_LENGTH && (index === 0 || number > at(numbers, index - 1)),
  );
  if (isPlain) return numbers;
  return [...orderByHash(Int32Array.from(numbers))].map((place) => at(numbers, place));
}
