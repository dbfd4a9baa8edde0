import type { ErrorCode } from '../protocol/error-codes.ts';
import type { OffsetCommitRequest, OffsetFetchRequest } from '../protocol/messages.ts';
import type { OffsetFetchResponse } from '../protocol/messages.ts';
import { PersistentMap } from '../persistent-map.ts';
import type { PartitionOffset } from '../protocol/partitions.ts';
import { validateMember, type ClassicGroup } from './classic-group.ts';

/** The committed offset of each partition: by topic, then number. */
export type CommittedOffsets = PersistentMap<string, PersistentMap<number, number>>;

/** The offsets after a commit. */
export function withCommitted(
  committed: CommittedOffsets,
  offsets: readonly PartitionOffset[],
): CommittedOffsets {
  return offsets.reduce((all, { topic, partition, offset }) => {
    const ofTopic = all.get(topic) ?? PersistentMap.empty();
    return all.set(topic, ofTopic.set(partition, offset));
  }, committed);
}

/**
 * Whether a commit is taken.
 *
 * Source: OffsetMetadataManager#validateOffsetCommit, ClassicGroup#validateOffsetCommit.
 */
export function judgeCommit(group: ClassicGroup | null, request: OffsetCommitRequest): ErrorCode {
  const { generationId, memberId, groupInstanceId } = request;
  if (group === null) return generationId === null ? 'NONE' : 'GROUP_ID_NOT_FOUND';
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (generationId === null && group.state === 'Empty') return 'NONE';
  if (generationId === null && memberId === null && groupInstanceId === null) {
    return 'UNKNOWN_MEMBER_ID';
  }
  const membership = validateMember(group, memberId, groupInstanceId);
  if (membership !== 'NONE') return membership;
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

/** Answers where a new owner has to begin; no membership is checked for a classic group. */
export function onOffsetFetch(
  committed: CommittedOffsets,
  request: OffsetFetchRequest,
): OffsetFetchResponse {
  return {
    type: 'OffsetFetchResponse',
    errorCode: 'NONE',
    offsets: request.partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      committedOffset: committed.get(topic)?.get(partition) ?? null,
    })),
  };
}
