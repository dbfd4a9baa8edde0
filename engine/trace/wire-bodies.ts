import * as v from 'valibot';
import { PlaygroundError } from '../errors.ts';
import { parseWith } from '../parsing.ts';
import { errorCodeOf, type ErrorCode } from '../protocol/error-codes.ts';
import {
  asGenerationId,
  asGroupId,
  asGroupInstanceId,
  asMemberId,
  type GenerationId,
  type GroupInstanceId,
  type MemberId,
} from '../protocol/ids.ts';
import type { GroupMessage, Subscription } from '../protocol/messages.ts';
import { readPartition, type TopicPartition } from '../protocol/partitions.ts';
import type { RecordedRequest } from './recording-types.ts';

/** A request and its answer as the engine's messages. */
export interface Exchange {
  readonly request: GroupMessage;
  readonly response: GroupMessage;
}

/** Topic names by topic id, for versions of the APIs that carry ids. */
export type TopicNames = ReadonlyMap<string, string>;

/**
 * The messages of one recorded request: the wire's "" and -1 become null, codes become names.
 * Fields that the engine does not use are left aside.
 *
 * @throws PlaygroundError `recording-invalid` for an API or a body that is not known.
 */
export function readExchange(line: RecordedRequest, topics: TopicNames, what: string): Exchange {
  const read = READERS[line.api];
  if (read === undefined) {
    throw new PlaygroundError(
      'recording-invalid',
      `${what}: the API "${line.api}" is not known here.`,
      `Remove the line; known are ${Object.keys(READERS).join(', ')}.`,
    );
  }
  return read(line, { topics, what });
}

interface Reading {
  readonly topics: TopicNames;
  readonly what: string;
}

const REMEDY = 'Correct the line; bodies are those of Kafka’s request log.';

function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
  { what }: Reading,
): v.InferOutput<Schema> {
  return parseWith(schema, body, { code: 'recording-invalid', what, remedy: REMEDY });
}

const errorCode = v.pipe(
  v.number(),
  v.check((code) => errorCodeOf(code) !== null, 'expected an error code of the group APIs'),
  v.transform((code): ErrorCode => errorCodeOf(code) ?? 'UNKNOWN_SERVER_ERROR'),
);
const memberId = v.pipe(
  v.nullish(v.string(), ''),
  v.transform((text): MemberId | null => (text === '' ? null : asMemberId(text))),
);
const knownMemberId = v.pipe(v.string(), v.transform(asMemberId));
const instanceId = v.pipe(
  v.nullish(v.string(), ''),
  v.transform((text): GroupInstanceId | null => (text === '' ? null : asGroupInstanceId(text))),
);
const generation = v.pipe(
  v.nullish(v.number(), -1),
  v.transform((value): GenerationId | null => (value < 0 ? null : asGenerationId(value))),
);
const text = v.pipe(
  v.nullish(v.string(), ''),
  v.transform((value) => (value === '' ? null : value)),
);
const groupId = v.pipe(v.string(), v.transform(asGroupId));
const partition = v.pipe(
  v.string(),
  v.check((name) => readPartition(name) !== null, 'expected a partition such as "orders-0"'),
  v.transform((name): TopicPartition => readPartition(name) ?? { topic: name, partition: 0 }),
);
const partitions = v.array(partition);
const subscription = v.pipe(
  v.object({
    topics: v.array(v.string()),
    ownedPartitions: v.nullish(partitions, []),
    generationId: generation,
    rackId: text,
  }),
  // User data stays in its own binary form in a recording; nothing that is shown needs it.
  v.transform((value): Subscription => ({ ...value, userData: null })),
);
const topicOf = { name: v.nullish(v.string(), ''), topicId: v.nullish(v.string(), '') };

function topicName(
  { name, topicId }: { readonly name: string; readonly topicId: string },
  { topics }: Reading,
): string {
  return name === '' ? (topics.get(topicId) ?? topicId) : name;
}

type Reader = (line: RecordedRequest, reading: Reading) => Exchange;

const findCoordinator: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({ key: v.optional(v.string()), coordinatorKeys: v.optional(v.array(v.string())) }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({
      errorCode: v.optional(errorCode),
      coordinators: v.optional(v.array(v.object({ errorCode }))),
    }),
    response,
    reading,
  );
  return {
    request: {
      type: 'FindCoordinatorRequest',
      groupId: asGroupId(asked.key ?? asked.coordinatorKeys?.[0] ?? ''),
    },
    response: {
      type: 'FindCoordinatorResponse',
      errorCode: answer.errorCode ?? answer.coordinators?.[0]?.errorCode ?? 'NONE',
    },
  };
};

const joinGroup: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({
      groupId,
      sessionTimeoutMs: v.number(),
      rebalanceTimeoutMs: v.optional(v.number(), -1),
      memberId,
      groupInstanceId: instanceId,
      protocols: v.array(v.object({ name: v.string(), metadata: subscription })),
      reason: text,
    }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({
      errorCode,
      generationId: generation,
      protocolName: text,
      leader: memberId,
      memberId,
      skipAssignment: v.optional(v.boolean(), false),
      members: v.array(
        v.object({
          memberId: knownMemberId,
          groupInstanceId: instanceId,
          metadata: subscription,
        }),
      ),
    }),
    response,
    reading,
  );
  return {
    request: { type: 'JoinGroupRequest', ...asked },
    response: { type: 'JoinGroupResponse', ...answer },
  };
};

const syncGroup: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({
      groupId,
      generationId: v.pipe(v.number(), v.transform(asGenerationId)),
      memberId: knownMemberId,
      groupInstanceId: instanceId,
      protocolName: text,
      assignments: v.array(v.object({ memberId: knownMemberId, assignment: partitions })),
    }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({ errorCode, assignment: v.nullish(partitions, []) }),
    response,
    reading,
  );
  return {
    request: { type: 'SyncGroupRequest', ...asked },
    response: { type: 'SyncGroupResponse', ...answer },
  };
};

const heartbeat: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({
      groupId,
      generationId: v.pipe(v.number(), v.transform(asGenerationId)),
      memberId,
      groupInstanceId: instanceId,
    }),
    request,
    reading,
  );
  return {
    request: { type: 'HeartbeatRequest', ...asked },
    response: {
      type: 'HeartbeatResponse',
      ...parseBody(v.object({ errorCode }), response, reading),
    },
  };
};

const leaveGroup: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({
      groupId,
      memberId,
      members: v.optional(
        v.array(v.object({ memberId, groupInstanceId: instanceId, reason: text })),
      ),
    }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({
      errorCode,
      members: v.optional(
        v.array(v.object({ memberId, groupInstanceId: instanceId, errorCode })),
        [],
      ),
    }),
    response,
    reading,
  );
  const only = { memberId: asked.memberId, groupInstanceId: null, reason: null };
  return {
    request: {
      type: 'LeaveGroupRequest',
      groupId: asked.groupId,
      members: asked.members ?? [only],
    },
    response: { type: 'LeaveGroupResponse', ...answer },
  };
};

const offsetCommit: Reader = ({ request, response }, reading) => {
  const asked = parseBody(
    v.object({
      groupId,
      generationIdOrMemberEpoch: generation,
      memberId,
      groupInstanceId: instanceId,
      topics: v.array(
        v.object({
          ...topicOf,
          partitions: v.array(
            v.object({ partitionIndex: v.number(), committedOffset: v.number() }),
          ),
        }),
      ),
    }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({
      topics: v.array(
        v.object({
          ...topicOf,
          partitions: v.array(v.object({ partitionIndex: v.number(), errorCode })),
        }),
      ),
    }),
    response,
    reading,
  );
  const refused = answer.topics.flatMap((topic) =>
    topic.partitions.flatMap(({ partitionIndex: partition, errorCode: code }) =>
      code === 'NONE' ? [] : [{ topic: topicName(topic, reading), partition, code }],
    ),
  );
  return {
    request: {
      type: 'OffsetCommitRequest',
      groupId: asked.groupId,
      generationId: asked.generationIdOrMemberEpoch,
      memberId: asked.memberId,
      groupInstanceId: asked.groupInstanceId,
      offsets: asked.topics.flatMap((topic) =>
        topic.partitions.map(({ partitionIndex, committedOffset }) => ({
          topic: topicName(topic, reading),
          partition: partitionIndex,
          offset: committedOffset,
        })),
      ),
    },
    response: {
      type: 'OffsetCommitResponse',
      errorCode: refused[0]?.code ?? 'NONE',
      refused: refused.map(({ topic, partition }) => ({ topic, partition })),
    },
  };
};

const offsetFetch: Reader = ({ request, response }, reading) => {
  const askedTopics = v.nullish(
    v.array(v.object({ ...topicOf, partitionIndexes: v.array(v.number()) })),
    [],
  );
  const asked = parseBody(
    v.object({
      groupId: v.optional(groupId),
      topics: askedTopics,
      groups: v.optional(
        v.array(
          v.object({
            groupId,
            memberId: v.nullish(knownMemberId, null),
            memberEpoch: v.optional(v.number(), -1),
            topics: askedTopics,
          }),
        ),
      ),
    }),
    request,
    reading,
  );
  const answeredTopics = v.optional(
    v.array(
      v.object({
        ...topicOf,
        partitions: v.array(v.object({ partitionIndex: v.number(), committedOffset: v.number() })),
      }),
    ),
    [],
  );
  const answer = parseBody(
    v.object({
      errorCode: v.optional(errorCode),
      topics: answeredTopics,
      groups: v.optional(v.array(v.object({ errorCode, topics: answeredTopics }))),
    }),
    response,
    reading,
  );
  const [askedGroup] = asked.groups ?? [];
  const [answeredGroup] = answer.groups ?? [];
  return {
    request: {
      type: 'OffsetFetchRequest',
      groupId: askedGroup?.groupId ?? asked.groupId ?? asGroupId(''),
      memberId: askedGroup?.memberId ?? null,
      memberEpoch: (askedGroup?.memberEpoch ?? -1) < 0 ? null : (askedGroup?.memberEpoch ?? null),
      partitions: (askedGroup?.topics ?? asked.topics).flatMap((topic) =>
        topic.partitionIndexes.map((index) => ({
          topic: topicName(topic, reading),
          partition: index,
        })),
      ),
    },
    response: {
      type: 'OffsetFetchResponse',
      errorCode: answeredGroup?.errorCode ?? answer.errorCode ?? 'NONE',
      offsets: (answeredGroup?.topics ?? answer.topics).flatMap((topic) =>
        topic.partitions.map(({ partitionIndex, committedOffset }) => ({
          topic: topicName(topic, reading),
          partition: partitionIndex,
          committedOffset: committedOffset < 0 ? null : committedOffset,
        })),
      ),
    },
  };
};

const consumerGroupHeartbeat: Reader = ({ request, response }, reading) => {
  const owned = v.array(v.object({ topicId: v.string(), partitions: v.array(v.number()) }));
  const asked = parseBody(
    v.object({
      groupId,
      memberId: knownMemberId,
      memberEpoch: v.number(),
      instanceId,
      rackId: v.nullish(v.string(), null),
      rebalanceTimeoutMs: v.number(),
      subscribedTopicNames: v.nullish(v.array(v.string()), null),
      serverAssignor: v.nullish(v.string(), null),
      topicPartitions: v.nullish(owned, null),
    }),
    request,
    reading,
  );
  const answer = parseBody(
    v.object({
      errorCode,
      memberEpoch: v.number(),
      heartbeatIntervalMs: v.number(),
      assignment: v.nullish(v.object({ topicPartitions: owned }), null),
    }),
    response,
    reading,
  );
  const name = (list: v.InferOutput<typeof owned>): readonly TopicPartition[] =>
    list.flatMap(({ topicId, partitions: indexes }) =>
      indexes.map((index) => ({
        topic: topicName({ name: '', topicId }, reading),
        partition: index,
      })),
    );
  return {
    request: {
      type: 'ConsumerGroupHeartbeatRequest',
      groupId: asked.groupId,
      memberId: asked.memberId,
      memberEpoch: asked.memberEpoch,
      groupInstanceId: asked.instanceId,
      rackId: asked.rackId,
      rebalanceTimeoutMs: asked.rebalanceTimeoutMs < 0 ? null : asked.rebalanceTimeoutMs,
      subscribedTopicNames: asked.subscribedTopicNames,
      serverAssignor: asked.serverAssignor,
      topicPartitions: asked.topicPartitions === null ? null : name(asked.topicPartitions),
    },
    response: {
      type: 'ConsumerGroupHeartbeatResponse',
      errorCode: answer.errorCode,
      memberEpoch: answer.memberEpoch,
      heartbeatIntervalMs: answer.heartbeatIntervalMs,
      assignment: answer.assignment === null ? null : name(answer.assignment.topicPartitions),
    },
  };
};

const READERS: Readonly<Record<string, Reader>> = {
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  SyncGroup: syncGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  ConsumerGroupHeartbeat: consumerGroupHeartbeat,
};
