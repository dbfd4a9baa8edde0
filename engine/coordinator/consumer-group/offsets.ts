import type { ErrorCode } from '../../protocol/error-codes.ts';
import type { OffsetCommitRequest, OffsetFetchRequest } from '../../protocol/messages.ts';
import { isSamePartition, type TopicPartition } from '../../protocol/partitions.ts';
import type { CommitVerdict } from '../offsets.ts';
import type { ConsumerGroup, ConsumerGroupMember } from './consumer-group.ts';

/**
 * Whether a commit is taken, partition by partition: an older epoch will do for what the member
 * has been given by then. KIP-1251.
 *
 * Source: ConsumerGroup#validateOffsetCommit, #createAssignmentEpochValidator.
 */
export function judgeConsumerCommit(
  group: ConsumerGroup,
  { generationId, memberId, offsets }: OffsetCommitRequest,
): CommitVerdict {
  if (generationId === null && group.members.size === 0) return { errorCode: 'NONE', refused: [] };
  const member = memberId === null ? undefined : group.members.get(memberId);
  if (member === undefined) return { errorCode: 'UNKNOWN_MEMBER_ID', refused: offsets };
  const epoch: number = generationId ?? -1;
  if (epoch === member.memberEpoch) return { errorCode: 'NONE', refused: [] };
  const isMine = (partition: TopicPartition): boolean =>
    epoch < member.memberEpoch && assignmentEpochOf(member, partition) <= epoch;
  const refused = offsets.filter((partition) => !isMine(partition));
  return { errorCode: refused.length === 0 ? 'NONE' : staleCode(member), refused };
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
