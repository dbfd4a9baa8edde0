import type { ErrorCode } from './error-codes.ts';
import type { GenerationId, GroupId, GroupInstanceId, MemberId } from './ids.ts';
import type { PartitionOffset, TopicPartition } from './partitions.ts';

/** What a consumer tells the leader's assignor about itself. Source: ConsumerProtocolSubscription v3. */
export interface Subscription {
  /** Sorted by name, as the Java client sends them. */
  readonly topics: readonly string[];
  /** What the member still holds; empty under an eager protocol, which has revoked all. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** Null (-1 on the wire) when the member was in no generation. */
  readonly generationId: GenerationId | null;
  readonly rackId: string | null;
  /** What the sticky assignors remember of earlier rebalances; null from others. */
  readonly userData: StickyUserData | null;
}

/** Source: StickyAssignor, CooperativeStickyAssignor#subscriptionUserData. */
export interface StickyUserData {
  /** `sticky`: the last assignment it was ever given; `cooperative-sticky` sends none. */
  readonly partitions: readonly TopicPartition[];
  /** The generation of that assignment; null before the first. */
  readonly generationId: GenerationId | null;
}

/** One assignor that a member offers, with the subscription it sends along. */
export interface JoinGroupProtocol {
  readonly name: string;
  readonly metadata: Subscription;
}

export interface FindCoordinatorRequest {
  readonly type: 'FindCoordinatorRequest';
  readonly groupId: GroupId;
}
export interface FindCoordinatorResponse {
  readonly type: 'FindCoordinatorResponse';
  readonly errorCode: ErrorCode;
}

export interface JoinGroupRequest {
  readonly type: 'JoinGroupRequest';
  readonly groupId: GroupId;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Null on the first join of a dynamic member. */
  readonly memberId: MemberId | null;
  readonly groupInstanceId: GroupInstanceId | null;
  /** In order of preference. */
  readonly protocols: readonly JoinGroupProtocol[];
  readonly reason: string | null;
}
export interface JoinGroupMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly metadata: Subscription;
}
export interface JoinGroupResponse {
  readonly type: 'JoinGroupResponse';
  readonly errorCode: ErrorCode;
  readonly generationId: GenerationId | null;
  readonly protocolName: string | null;
  readonly leader: MemberId | null;
  readonly memberId: MemberId | null;
  /** Tells a static leader that is back in a settled group to leave assignments as they are. KIP-814. */
  readonly skipAssignment: boolean;
  /** Filled for the leader only. */
  readonly members: readonly JoinGroupMember[];
}

export interface MemberAssignment {
  readonly memberId: MemberId;
  readonly assignment: readonly TopicPartition[];
}
export interface SyncGroupRequest {
  readonly type: 'SyncGroupRequest';
  readonly groupId: GroupId;
  readonly generationId: GenerationId;
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  /** Null from clients older than version 5 of the API (librdkafka, kafkajs). */
  readonly protocolName: string | null;
  /** Filled by the leader only. */
  readonly assignments: readonly MemberAssignment[];
}
export interface SyncGroupResponse {
  readonly type: 'SyncGroupResponse';
  readonly errorCode: ErrorCode;
  readonly assignment: readonly TopicPartition[];
}

export interface HeartbeatRequest {
  readonly type: 'HeartbeatRequest';
  readonly groupId: GroupId;
  /** Null from a librdkafka member that has lost its partitions and not told its application yet. */
  readonly memberId: MemberId | null;
  readonly generationId: GenerationId;
  /** Null for a dynamic member. */
  readonly groupInstanceId: GroupInstanceId | null;
}
export interface HeartbeatResponse {
  readonly type: 'HeartbeatResponse';
  readonly errorCode: ErrorCode;
}

export interface LeavingMember {
  readonly memberId: MemberId | null;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly reason: string | null;
}
export interface LeaveGroupRequest {
  readonly type: 'LeaveGroupRequest';
  readonly groupId: GroupId;
  readonly members: readonly LeavingMember[];
}
export interface LeaveGroupResponse {
  readonly type: 'LeaveGroupResponse';
  readonly errorCode: ErrorCode;
  readonly members: readonly {
    readonly memberId: MemberId | null;
    readonly groupInstanceId: GroupInstanceId | null;
    readonly errorCode: ErrorCode;
  }[];
}

export interface OffsetCommitRequest {
  readonly type: 'OffsetCommitRequest';
  readonly groupId: GroupId;
  /** Null (-1 on the wire) from a consumer outside any generation; a member epoch under KIP-848. */
  readonly generationId: GenerationId | null;
  readonly memberId: MemberId | null;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly offsets: readonly PartitionOffset[];
}
export interface OffsetCommitResponse {
  readonly type: 'OffsetCommitResponse';
  /** Of the partitions that were refused; NONE when all were taken. */
  readonly errorCode: ErrorCode;
  /** All of the request's or none in a classic group; under KIP-1251 perhaps some of them. */
  readonly refused: readonly TopicPartition[];
}

export interface OffsetFetchRequest {
  readonly type: 'OffsetFetchRequest';
  readonly groupId: GroupId;
  /** Null from members of the classic protocol, whose membership nobody checks here. */
  readonly memberId: MemberId | null;
  readonly memberEpoch: number | null;
  readonly partitions: readonly TopicPartition[];
}
export interface OffsetFetchResponse {
  readonly type: 'OffsetFetchResponse';
  readonly errorCode: ErrorCode;
  /** Null where nothing was committed. */
  readonly offsets: readonly (TopicPartition & { readonly committedOffset: number | null })[];
}

/** KIP-848: joins, leaves, reports what the member owns, and is answered with what it should own. */
export interface ConsumerGroupHeartbeatRequest {
  readonly type: 'ConsumerGroupHeartbeatRequest';
  readonly groupId: GroupId;
  readonly memberId: MemberId;
  /** 0 joins, -1 leaves, -2 leaves for a while (static members). */
  readonly memberEpoch: number;
  readonly groupInstanceId: GroupInstanceId | null;
  /** From here on, null stands for: as the member last said. */
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number | null;
  readonly subscribedTopicNames: readonly string[] | null;
  /** `uniform` or `range`; null also from a member that leaves it to the broker. */
  readonly serverAssignor: string | null;
  /** What the member owns; null when that has not changed since it last said so. */
  readonly topicPartitions: readonly TopicPartition[] | null;
}
export interface ConsumerGroupHeartbeatResponse {
  readonly type: 'ConsumerGroupHeartbeatResponse';
  readonly errorCode: ErrorCode;
  readonly memberEpoch: number;
  /** The member is to send the next one that long after this one. 0 in a refusal. */
  readonly heartbeatIntervalMs: number;
  /** What the member should own; null when that has not changed. */
  readonly assignment: readonly TopicPartition[] | null;
}

/** What a coordinator is asked. */
export type GroupRequest =
  | FindCoordinatorRequest
  | JoinGroupRequest
  | SyncGroupRequest
  | HeartbeatRequest
  | LeaveGroupRequest
  | OffsetCommitRequest
  | OffsetFetchRequest
  | ConsumerGroupHeartbeatRequest;

export type GroupResponse =
  | FindCoordinatorResponse
  | JoinGroupResponse
  | SyncGroupResponse
  | HeartbeatResponse
  | LeaveGroupResponse
  | OffsetCommitResponse
  | OffsetFetchResponse
  | ConsumerGroupHeartbeatResponse;

/** What a trace can carry. */
export type GroupMessage = GroupRequest | GroupResponse;

export const API_NAMES = [
  'FindCoordinator',
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'LeaveGroup',
  'OffsetCommit',
  'OffsetFetch',
  'ConsumerGroupHeartbeat',
] as const;

/** Kafka's name of a request and its response together. */
export type ApiName = (typeof API_NAMES)[number];

/** The APIs whose errors belong to an outcome. */
export const GROUP_APIS: readonly ApiName[] = [
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'LeaveGroup',
  'OffsetCommit',
  'ConsumerGroupHeartbeat',
];

type Requests = Extract<GroupMessage, { type: `${string}Request` }>;

export const isRequest = (message: GroupMessage): message is Requests =>
  message.type.endsWith('Request');

/** `JoinGroup` for a JoinGroupRequest and for a JoinGroupResponse. */
export function apiOf(message: GroupMessage): ApiName {
  // Every type is an ApiName followed by one of the two words; the compiler cannot take them off.
  return message.type.replace(/(Request|Response)$/, '') as ApiName;
}

/** The error a response carries; NONE for requests and for answers that succeeded. */
export function errorCodeIn(message: GroupMessage): ErrorCode {
  if (isRequest(message)) return 'NONE';
  if (message.type === 'LeaveGroupResponse' && message.errorCode === 'NONE') {
    return message.members.find((member) => member.errorCode !== 'NONE')?.errorCode ?? 'NONE';
  }
  return message.errorCode;
}
