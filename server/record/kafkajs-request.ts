import { createRequire } from 'node:module';
import { errorCodeOf, type RecordedRequest } from '../../engine/index.ts';

/** One exchange as kafkajs's own protocol modules saw it. */
export interface SeenExchange {
  readonly api: string;
  readonly version: number;
  /** What kafkajs was asked to send, under its own names. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What its decoder made of the answer. */
  readonly body: Readonly<Record<string, unknown>>;
}

type Bodies = Pick<RecordedRequest, 'request' | 'response'>;

/**
 * The bodies of an exchange in the spelling of Kafka's request log; null for an API that a
 * recording does not hold.
 */
export function toRecordedBodies(
  seen: SeenExchange,
): (Bodies & { readonly errors: readonly string[] }) | null {
  const read = BODIES[seen.api];
  if (read === undefined) return null;
  const bodies = read(seen);
  return { ...bodies, errors: errorsIn(bodies.response) };
}

/** Names of all error codes in an answer other than NONE. */
function errorsIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(errorsIn);
  return Object.entries(value).flatMap(([key, part]) => {
    if (key === 'errorCode' && typeof part === 'number') {
      return part === 0 ? [] : [errorCodeOf(part) ?? String(part)];
    }
    return errorsIn(part);
  });
}

interface AssignerProtocol {
  readonly MemberMetadata: {
    readonly decode: (bytes: Buffer) => { version: number; topics: string[]; userData: Buffer };
  };
  readonly MemberAssignment: {
    readonly decode: (bytes: Buffer) => { assignment: Record<string, number[]> } | null;
  };
}

const { AssignerProtocol } = createRequire(import.meta.url)('kafkajs') as {
  // kafkajs's types leave the decoders of this export without their results.
  readonly AssignerProtocol: AssignerProtocol;
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  // Arrays of kafkajs's decoders hold plain objects.
  Array.isArray(value) ? (value as readonly Readonly<Record<string, unknown>>[]) : [];

function metadataOf(bytes: unknown): Readonly<Record<string, unknown>> {
  if (!Buffer.isBuffer(bytes)) return { version: 0, topics: [], userData: null };
  const { version, topics } = AssignerProtocol.MemberMetadata.decode(bytes);
  return { version, topics, userData: null };
}

function assignmentOf(bytes: unknown): readonly string[] {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return [];
  const assignment = AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {};
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => `${topic}-${partition}`),
  );
}

const BODIES: Readonly<Record<string, (seen: SeenExchange) => Bodies>> = {
  FindCoordinator: ({ args, body }) => ({
    request: {
      key: args['coordinatorKey'] ?? args['groupId'],
      keyType: args['coordinatorType'] ?? 0,
    },
    response: { throttleTimeMs: 0, errorCode: body['errorCode'], ...coordinatorOf(body) },
  }),
  JoinGroup: ({ args, body }) => ({
    request: {
      groupId: args['groupId'],
      sessionTimeoutMs: args['sessionTimeout'],
      rebalanceTimeoutMs: args['rebalanceTimeout'],
      memberId: args['memberId'],
      groupInstanceId: null,
      protocolType: args['protocolType'],
      protocols: list(args['groupProtocols']).map(({ name, metadata }) => ({
        name,
        metadata: metadataOf(metadata),
      })),
    },
    response: {
      throttleTimeMs: 0,
      errorCode: body['errorCode'],
      generationId: body['generationId'],
      protocolName: text(body['groupProtocol']),
      leader: text(body['leaderId']),
      memberId: text(body['memberId']),
      members: list(body['members']).map(({ memberId, memberMetadata }) => ({
        memberId,
        groupInstanceId: null,
        metadata: metadataOf(memberMetadata),
      })),
    },
  }),
  SyncGroup: ({ args, body }) => ({
    request: {
      groupId: args['groupId'],
      generationId: args['generationId'],
      memberId: args['memberId'],
      groupInstanceId: null,
      assignments: list(args['groupAssignment']).map(({ memberId, memberAssignment }) => ({
        memberId,
        assignment: assignmentOf(memberAssignment),
      })),
    },
    response: {
      throttleTimeMs: 0,
      errorCode: body['errorCode'],
      assignment: assignmentOf(body['memberAssignment']),
    },
  }),
  Heartbeat: ({ args, body }) => ({
    request: {
      groupId: args['groupId'],
      generationId: args['groupGenerationId'],
      memberId: args['memberId'],
      groupInstanceId: null,
    },
    response: { throttleTimeMs: 0, errorCode: body['errorCode'] },
  }),
  LeaveGroup: ({ args, body }) => {
    const members = list(args['members']);
    const leaving = members.length > 0 ? members : [{ memberId: args['memberId'] }];
    return {
      request: {
        groupId: args['groupId'],
        members: leaving.map(({ memberId }) => ({ memberId, groupInstanceId: null })),
      },
      response: {
        throttleTimeMs: 0,
        errorCode: body['errorCode'],
        members: list(body['members']).map(({ memberId, errorCode }) => ({
          memberId,
          groupInstanceId: null,
          errorCode,
        })),
      },
    };
  },
  OffsetCommit: ({ args, body }) => ({
    request: {
      groupId: args['groupId'],
      generationIdOrMemberEpoch: args['groupGenerationId'],
      memberId: args['memberId'],
      topics: list(args['topics']).map(({ topic, partitions }) => ({
        name: topic,
        partitions: list(partitions).map(({ partition, offset }) => ({
          partitionIndex: Number(partition),
          committedOffset: Number(offset),
          committedMetadata: null,
        })),
      })),
    },
    response: {
      throttleTimeMs: 0,
      topics: list(body['responses']).map(({ topic, partitions }) => ({
        name: topic,
        partitions: list(partitions).map(({ partition, errorCode }) => ({
          partitionIndex: Number(partition),
          errorCode,
        })),
      })),
    },
  }),
  OffsetFetch: ({ args, body }) => ({
    request: {
      groupId: args['groupId'],
      topics: list(args['topics']).map(({ topic, partitions }) => ({
        name: topic,
        partitionIndexes: list(partitions).map(({ partition }) => Number(partition)),
      })),
    },
    response: {
      throttleTimeMs: 0,
      errorCode: body['errorCode'] ?? 0,
      topics: list(body['responses']).map(({ topic, partitions }) => ({
        name: topic,
        partitions: list(partitions).map(({ partition, offset, errorCode }) => ({
          partitionIndex: Number(partition),
          committedOffset: Number(offset),
          metadata: '',
          errorCode,
        })),
      })),
    },
  }),
};

function coordinatorOf(body: SeenExchange['body']): Readonly<Record<string, unknown>> {
  const coordinator = body['coordinator'];
  if (coordinator === null || typeof coordinator !== 'object') return {};
  return { ...coordinator };
}
