import { hashOrder } from '../java/hash-order.ts';
import type { Ints } from '../java/ints.ts';
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
    targets: ordered.map(({ target }) => readTarget(target, numbering)),
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
