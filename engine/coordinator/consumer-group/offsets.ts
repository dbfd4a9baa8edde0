import type { ErrorCode } from '../../protocol/error-codes.ts';
import type { OffsetCommitRequest, OffsetFetchRequest } from '../../protocol/messages.ts';
import { isSamePartition, type TopicPartition } from '../../protocol/partitions.ts';
import type { ConsumerGroup, ConsumerGroupMember } from './consumer-group.ts';

/**
 * Whether a commit is taken: an older epoch will do for what the member has been given by then
 * (KIP-1251). Each partition is looked at, but one that is not the member's makes Kafka throw, and
 * none of the others is committed either.
 *
 * Source: ConsumerGroup#validateOffsetCommit, #createAssignmentEpochValidator;
 * OffsetMetadataManager#commitOffset, Kafka 4.3.1.
 */
export function judgeConsumerCommit(
  group: ConsumerGroup,
  { generationId, memberId, offsets }: OffsetCommitRequest,
): ErrorCode {
  if (generationId === null && group.members.size === 0) return 'NONE';
  const member = memberId === null ? undefined : group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  const epoch: number = generationId ?? -1;
  if (epoch === member.memberEpoch) return 'NONE';
  const isMine = (partition: TopicPartition): boolean =>
    epoch < member.memberEpoch && assignmentEpochOf(member, partition) <= epoch;
  return offsets.every(isMine) ? 'NONE' : staleCode(member);
}

/** When the member was given a partition; never, when it does not own it. */
function assignmentEpochOf(member: ConsumerGroupMember, partition: TopicPartition): number {
  const owned = [...member.assigned, ...member.pendingRevocation];
  const found = owned.find((candidate) => isSamePartition(candidate, partition));
  return found?.assignmentEpoch ?? Number.POSITIVE_INFINITY;
}

/** Source: ConsumerGroup#validateOffsetFetch. */
export function judgeConsumerFetch(
  group: ConsumerGroup,
  { memberId, memberEpoch }: OffsetFetchRequest,
): ErrorCode {
  if (memberId === null && memberEpoch === null) return 'NONE';
  const member = memberId === null ? undefined : group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  return memberEpoch === member.memberEpoch ? 'NONE' : staleCode(member);
}

const staleCode = ({ classic }: ConsumerGroupMember): ErrorCode =>
  classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION';
