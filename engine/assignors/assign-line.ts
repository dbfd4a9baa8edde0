import * as v from 'valibot';
import { existing } from '../assert.ts';
import { PlaygroundError } from '../errors.ts';
import { isUuid } from '../java/uuid.ts';
import { parseJson, parseWith, printPath } from '../parsing.ts';
import {
  asGenerationId,
  asGroupInstanceId,
  asMemberId,
  type GroupInstanceId,
} from '../protocol/ids.ts';
import {
  printPartition,
  readPartition,
  sortPartitions,
  type TopicPartition,
} from '../protocol/partitions.ts';
import type { Assignment, AssignorMember, BrokerAssignorMember, BrokerTopic } from './assignor.ts';
import { ASSIGNORS, BROKER_ASSIGNORS } from './index.ts';
import { inComputedOrder } from './target-order.ts';

const CLIENT_NAMES = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const;
/** The broker's assignors as these lines name them; its `range` needs a name of its own. */
const BROKER_NAMES = ['uniform', 'range-broker'] as const;

/** Of one topic; many more than a cluster can have. */
const MOST_PARTITIONS = 1_000_000;

const partitionCount = v.pipe(
  v.number(),
  v.safeInteger('expected a whole number'),
  v.minValue(0, 'expected 0 or more'),
  v.maxValue(MOST_PARTITIONS, `expected ${MOST_PARTITIONS} at most`),
);
const partition = v.pipe(
  v.string(),
  v.check((text) => readPartition(text) !== null, 'expected a partition such as "orders-0"'),
);
const topicId = v.pipe(
  v.string(),
  v.check(isUuid, 'expected a Uuid of Kafka, 22 digits of base64'),
);
const text = v.pipe(v.string(), v.minLength(1, 'expected a text that is not empty'));

const memberSchema = v.strictObject({
  memberId: text,
  groupInstanceId: v.optional(v.nullable(text), null),
  rackId: v.optional(v.nullable(v.string()), null),
  topics: v.array(text),
  owned: v.optional(v.array(partition), []),
  generationId: v.optional(
    v.pipe(
      v.number(),
      v.safeInteger('expected a whole number'),
      v.minValue(-1, 'expected -1 or more'),
    ),
    -1,
  ),
});

const lineSchema = v.strictObject({
  assignor: v.picklist(
    [...CLIENT_NAMES, ...BROKER_NAMES],
    `expected one of ${[...CLIENT_NAMES, ...BROKER_NAMES].join(', ')}`,
  ),
  topics: v.record(v.string(), partitionCount),
  topicIds: v.optional(v.record(v.string(), topicId), {}),
  partitionRacks: v.optional(v.record(v.string(), v.array(v.array(text))), {}),
  members: v.array(memberSchema),
  result: v.optional(v.unknown()),
});

type Line = v.InferOutput<typeof lineSchema>;
type LineMember = Line['members'][number];

const REMEDY = 'Correct or remove the line; engine/assignors/README.md describes its fields.';

/**
 * Answers one line of JSON that describes a group: who gets what from the assignor that it names.
 *
 * @param line an object with `assignor`, `topics`, `members` and, for `uniform` and `range-broker`,
 *   `topicIds`, perhaps with racks; see engine/assignors/README.md.
 * @param what how messages name the line, such as `Standard input, line 3`.
 * @returns each member's partitions, sorted by topic and number.
 * @throws PlaygroundError `not-json` or `assign-line-invalid`, naming the path of what is wrong.
 */
export function assignLine(line: string, what: string): Assignment {
  const parsed = parseWith(lineSchema, parseJson(line, what), {
    code: 'assign-line-invalid',
    what,
    remedy: REMEDY,
  });
  refuseSameMember(parsed, what);
  refuseMissingRacks(parsed, what);
  if (CLIENT_NAMES.some((name) => name === parsed.assignor)) {
    const clientSide = existing(ASSIGNORS.get(parsed.assignor), `assignor ${parsed.assignor}`);
    const counts = new Map(Object.entries(parsed.topics));
    return clientSide.assign(
      parsed.members.map((member) => clientMember(member, parsed)),
      counts,
      { replicaRacks: new Map(Object.entries(parsed.partitionRacks)) },
    );
  }
  const name = parsed.assignor === 'range-broker' ? 'range' : parsed.assignor;
  const brokerSide = existing(BROKER_ASSIGNORS.get(name), `assignor ${name}`);
  const topics = brokerTopics(parsed, what);
  const dealt = brokerSide.assign(
    parsed.members.map((member) => brokerMember(member, topics)),
    topics,
  );
  return new Map(
    [...dealt].map(([memberId, partitions]) => [memberId, sortPartitions(partitions)]),
  );
}

/** `{"result": {memberId: ["orders-0", ...]}}`, as test vectors write it. */
export function printAssignment(assignment: Assignment): string {
  const result = Object.fromEntries(
    [...assignment].map(([memberId, partitions]) => [memberId, partitions.map(printPartition)]),
  );
  return JSON.stringify({ result });
}

function refuseSameMember({ members }: Line, what: string): void {
  const seen = new Set<string>();
  members.forEach(({ memberId }, index) => {
    if (seen.has(memberId)) {
      throw invalid(what, ['members', index, 'memberId'], `is "${memberId}" a second time`);
    }
    seen.add(memberId);
  });
}

/** Racks are given for all partitions of a topic, or for none. */
function refuseMissingRacks({ topics, partitionRacks }: Line, what: string): void {
  for (const [topic, racks] of Object.entries(partitionRacks)) {
    const count = topics[topic];
    const path = ['partitionRacks', topic];
    if (count === undefined) throw invalid(what, path, 'is a topic that is not in topics');
    if (racks.length === count) continue;
    throw invalid(
      what,
      path,
      `has ${racks.length} lists of racks, expected one for each of ${count} partitions`,
    );
  }
}

function clientMember(member: LineMember, { assignor }: Line): AssignorMember {
  const { generationId: number, topics } = member;
  const generationId = number === -1 ? null : asGenerationId(number);
  const owned = readOwned(member);
  const isSticky = assignor === 'sticky';
  return {
    memberId: asMemberId(member.memberId),
    groupInstanceId: readInstanceId(member),
    subscription: {
      topics,
      ownedPartitions: isSticky ? [] : owned,
      generationId,
      rackId: member.rackId,
      userData: generationId === null ? null : { partitions: isSticky ? owned : [], generationId },
    },
  };
}

const brokerMember = (
  member: LineMember,
  topics: ReadonlyMap<string, BrokerTopic>,
): BrokerAssignorMember => ({
  memberId: asMemberId(member.memberId),
  groupInstanceId: readInstanceId(member),
  topics: member.topics,
  target: inComputedOrder(readOwned(member), topics),
});

const readInstanceId = ({ groupInstanceId }: LineMember): GroupInstanceId | null =>
  groupInstanceId === null ? null : asGroupInstanceId(groupInstanceId);

const readOwned = ({ owned }: LineMember): readonly TopicPartition[] =>
  owned.map((printed) => existing(readPartition(printed), 'partition'));

function brokerTopics(line: Line, what: string): ReadonlyMap<string, BrokerTopic> {
  const topics = new Map<string, BrokerTopic>();
  for (const [name, partitionCount] of Object.entries(line.topics)) {
    const topicId = line.topicIds[name];
    if (topicId === undefined) {
      throw invalid(what, ['topicIds', name], 'is missing, expected the Uuid of the topic');
    }
    topics.set(name, { topicId, partitionCount });
  }
  return topics;
}

function invalid(what: string, path: readonly unknown[], mistake: string): PlaygroundError {
  const problem = `${what}: ${printPath(path)} ${mistake}.`;
  return new PlaygroundError('assign-line-invalid', problem, REMEDY);
}
