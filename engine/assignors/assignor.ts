import type { GroupInstanceId, MemberId } from '../protocol/ids.ts';
import type { Subscription } from '../protocol/messages.ts';
import type { TopicPartition } from '../protocol/partitions.ts';

/** What an assignor is told of one member. */
export interface AssignorMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly subscription: Subscription;
}

/** What an assignor is told of the cluster: how many partitions each topic has. */
export type PartitionCounts = ReadonlyMap<string, number>;

export type Assignment = ReadonlyMap<MemberId, readonly TopicPartition[]>;

/** Deals partitions to members. Of Kafka's own, every member appears in the result, if need be with none. */
export interface Assignor {
  /** As on the wire. */
  readonly name: string;
  readonly assign: (members: readonly AssignorMember[], counts: PartitionCounts) => Assignment;
}

/**
 * Members in the order in which Kafka's range and round-robin assignors deal: static ones by
 * their group.instance.id, then the others by their member id, as UTF-16 code units compare.
 *
 * Source: AbstractPartitionAssignor.MemberInfo#compareTo.
 */
export function inDealingOrder(members: readonly AssignorMember[]): readonly AssignorMember[] {
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
      return a.groupInstanceId < b.groupInstanceId ? -1 : 1;
    }
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return a.memberId < b.memberId ? -1 : 1;
  });
}
