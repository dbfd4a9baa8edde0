import { hashOrder } from '../java/hash-order.ts';
import { orderByHash } from '../java/hash-order.ts';
import { HashTable } from '../java/hash-table.ts';
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
  readonly partitions: Ints;
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
  return {
    members: ordered,
    subscriptions,
    topicIds,
    topicHashes: Int32Array.from(topicIds, hashUuid),
    targets: ordered.map(({ target }) => readTarget(target, subscriptions, topics)),
  };
}

/** Source: Kafka keeps a target as a `HashMap<Uuid, HashSet<Integer>>`. */
function readTarget(
  target: BrokerAssignorMember['target'],
  { numbering }: Subscriptions,
  topics: ReadonlyMap<string, BrokerTopic>,
): readonly TargetOfTopic[] {
  const names: string[] = [];
  const partitions = new Map<string, number[]>();
  const table = new HashTable();
  for (const { topic, partition } of target) {
    const known = partitions.get(topic);
    if (known !== undefined) known.push(partition);
    else {
      const id = topics.get(topic)?.topicId;
      // A topic that is gone has no id to go by here; nothing of it is kept.
      if (id === undefined) continue;
      partitions.set(topic, [partition]);
      table.computeIfAbsent(names.length, hashUuid(readUuid(id)));
      names.push(topic);
    }
  }
  return table.keys().map((index) => {
    const name = existing(names[index], 'topic of a target');
    const numbers = Int32Array.from(existing(partitions.get(name), name));
    return {
      topic: numbering.indexOfTopic.get(name) ?? null,
      partitions: orderByHash(numbers).map((place) => at(numbers, place)),
    };
  });
}
