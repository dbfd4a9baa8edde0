import type { ErrorCode } from '../../protocol/error-codes.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/messages.ts';
import { printPartition } from '../../protocol/partitions.ts';
import type { Parked } from '../effects.ts';
import { refusedConsumerHeartbeat } from '../refusals.ts';
import type { ConsumerGroupSettings } from '../settings.ts';
import type { ConsumerGroupMember, ConsumerGroupTurn } from './consumer-group.ts';
import { AWAY, isFull, joiningMember, knownMember, updateMember } from './membership.ts';
import { isSameShare } from './reconcile.ts';

/**
 * What is wrong with a heartbeat in itself; NONE when nothing is.
 *
 * Source: GroupMetadataManager#throwIfConsumerGroupHeartbeatRequestIsInvalid.
 */
export function judgeHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  { assignors }: ConsumerGroupSettings,
): ErrorCode {
  const { groupId, memberId, memberEpoch, groupInstanceId, rackId, serverAssignor } = request;
  if (isEmpty(memberId) || isEmpty(groupId)) return 'INVALID_REQUEST';
  if (isEmpty(groupInstanceId) || isEmpty(rackId)) return 'INVALID_REQUEST';
  if (memberEpoch < AWAY) return 'INVALID_REQUEST';
  if (memberEpoch === AWAY && groupInstanceId === null) return 'INVALID_REQUEST';
  if (memberEpoch === 0) {
    const { rebalanceTimeoutMs, subscribedTopicNames, topicPartitions } = request;
    const isWhole = rebalanceTimeoutMs !== null && subscribedTopicNames !== null;
    if (!isWhole || topicPartitions?.length !== 0) return 'INVALID_REQUEST';
  }
  const isKnown = serverAssignor === null || assignors.includes(serverAssignor);
  return isKnown ? 'NONE' : 'UNSUPPORTED_ASSIGNOR';
}

/** Given, and blank: null stands for what is not given. */
const isEmpty = (text: string | null): boolean => text?.trim() === '';

/**
 * A member joins, or says that it is there and what it owns; it is answered with what it should own
 * where that has changed.
 *
 * Source: GroupMetadataManager#consumerGroupHeartbeat.
 */
export function onConsumerGroupHeartbeat(
  turn: ConsumerGroupTurn,
  request: ConsumerGroupHeartbeatRequest,
  parked: Parked,
): void {
  const member = isFull(turn, request.memberId)
    ? 'GROUP_MAX_SIZE_REACHED'
    : senderOf(turn, request, parked);
  if (typeof member === 'string') {
    turn.answer(parked, refusedConsumerHeartbeat(member));
    return;
  }
  const { rebalanceTimeoutMs, subscribedTopicNames, topicPartitions } = request;
  const updated = updateMember(
    turn,
    member,
    {
      ...member,
      groupInstanceId: request.groupInstanceId ?? member.groupInstanceId,
      rackId: request.rackId ?? member.rackId,
      rebalanceTimeoutMs: rebalanceTimeoutMs ?? member.rebalanceTimeoutMs,
      serverAssignor: request.serverAssignor ?? member.serverAssignor,
      topics: subscribedTopicNames ?? member.topics,
      classic: null,
    },
    topicPartitions,
  );
  turn.restartSession(updated);
  const isWhole =
    rebalanceTimeoutMs !== null && subscribedTopicNames !== null && topicPartitions !== null;
  const isTold = isWhole || !isSameShare(member.assigned, updated.assigned);
  turn.answer(parked, {
    type: 'ConsumerGroupHeartbeatResponse',
    errorCode: 'NONE',
    memberEpoch: updated.memberEpoch,
    heartbeatIntervalMs: turn.settings.consumer.heartbeatIntervalMs,
    assignment: isTold
      ? updated.assigned.map(({ topic, partition }) => ({ topic, partition }))
      : null,
  });
  turn.settleState(`${updated.name} sends a heartbeat`);
}

function senderOf(
  turn: ConsumerGroupTurn,
  request: ConsumerGroupHeartbeatRequest,
  { client: { name } }: Parked,
): ConsumerGroupMember | ErrorCode {
  const { memberId, groupInstanceId, memberEpoch } = request;
  if (memberEpoch === 0) {
    return joiningMember(turn, { memberId, groupInstanceId, name }, false);
  }
  const member = knownMember(turn, memberId, groupInstanceId);
  if (typeof member === 'string') return member;
  return isEpochValid(member, request) ? member : 'FENCED_MEMBER_EPOCH';
}

/**
 * The epoch that the coordinator has told, or the one before, since an answer may have been lost;
 * then only with what the member had been given.
 *
 * Source: GroupMetadataManager#throwIfConsumerGroupMemberEpochIsInvalid.
 */
function isEpochValid(
  { memberEpoch, previousMemberEpoch, assigned }: ConsumerGroupMember,
  request: ConsumerGroupHeartbeatRequest,
): boolean {
  if (request.memberEpoch === memberEpoch) return true;
  if (request.memberEpoch !== previousMemberEpoch) return false;
  if (request.memberEpoch > memberEpoch || request.topicPartitions === null) return false;
  const known = new Set(assigned.map(printPartition));
  return request.topicPartitions.every((partition) => known.has(printPartition(partition)));
}
