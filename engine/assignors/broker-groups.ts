import { DEFAULT_TABLE_LENGTH, hashOrder, orderByHash } from '../java/hash-order.ts';
import { orderOfComputed } from '../java/hash-table.ts';
import { at, type Ints } from '../java/ints.ts';
import { hashUuid, readUuid, type Uuid } from '../java/uuid.ts';
import { existing } from '../assert.ts';
import type { BrokerAssignorMember, BrokerTopic } from './assignor.ts';
import { eachNumber, type Numbering } from './numbering.ts';
import { countsOf, readSubscriptions, type Subscriptions } from './subscriptions.ts';

/** A group as the broker's `uniform` sees it: members and topics in numbers. */
export interface BrokerGroup {
  /** In Kafka's hash order of their ids. */
  readonly members: readonly BrokerAssignorMember[];
  readonly subscriptions: Subscriptions;
  /** Ids of the topics, in the order of their numbers. */
  readonly topicIds: readonly Uuid[];
  readonly topicHashes: Ints;
  /** Each member's previous target, without topics that nobody subscribes to any more. */
  readonly targets: readonly (readonly number[])[];
  /** The same of one member, in the order in which Kafka iterates over it. */
  readonly targetInOrder: (member: number) => readonly number[];
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
  const hashOf = (name: string): number | null => {
    const topic = topics.get(name);
    return topic === undefined ? null : hashUuid(readUuid(topic.topicId));
  };
  return {
    members: ordered,
    subscriptions,
    topicIds,
    topicHashes: Int32Array.from(topicIds, hashUuid),
    targets: ordered.map(({ target }) => readTarget(target, numbering)),
    targetInOrder: (member) => {
      const { target } = existing(ordered[member], 'member');
      return readTarget(inHashOrder(target, hashOf), numbering);
    },
  };
}

function readTarget(
  target: BrokerAssignorMember['target'],
  numbering: Numbering,
): readonly number[] {
  const numbers: number[] = [];
  eachNumber(numbering, target, (number) => numbers.push(number));
  return numbers;
}

/**
 * Source: Kafka keeps a target as a `HashMap<Uuid, HashSet<Integer>>`. A topic that is gone has no id
 * to go by here; nothing of it is kept.
 */
function inHashOrder(
  target: BrokerAssignorMember['target'],
  hashOf: (topic: string) => number | null,
): BrokerAssignorMember['target'] {
  const partitionsOf = new Map<string, number[]>();
  const hashes: number[] = [];
  let isAskedAgain = false;
  for (const { topic, partition } of target) {
    const known = partitionsOf.get(topic);
    if (known !== undefined) {
      known.push(partition);
      isAskedAgain = true;
      continue;
    }
    const hash = hashOf(topic);
    if (hash === null) continue;
    hashes.push(hash);
    partitionsOf.set(topic, [partition]);
    isAskedAgain = false;
  }
  const names = [...partitionsOf.keys()];
  return orderOfComputed(Int32Array.from(hashes), isAskedAgain).flatMap((index) => {
    const topic = existing(names[index], 'topic of a target');
    const partitions = orderNumbers(existing(partitionsOf.get(topic), topic));
    return partitions.map((partition) => ({ topic, partition }));
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
