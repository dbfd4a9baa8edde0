import type { GroupInstanceId, MemberId } from '../protocol/ids.ts';
import type { Subscription } from '../protocol/messages.ts';
import type { TopicPartition } from '../protocol/partitions.ts';

/** What a client-side assignor is told of one member. */
export interface AssignorMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly subscription: Subscription;
}

/** What an assignor is told of the cluster: how many partitions each topic has. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** Racks that have a replica of each partition of a topic; a topic may be missing. */
export type ReplicaRacks = ReadonlyMap<string, readonly (readonly string[])[]>;

/** The partitions of topics in the order of the answer to Metadata; by number where one is missing. */
export type PartitionOrders = ReadonlyMap<string, readonly number[]>;

/** What only some assignors look at. */
export interface AssignorContext {
  /**
   * The highest generation that this leader's assignor has met in earlier rebalances; -1 when it is
   * new. For the sticky ones.
   */
  readonly highestGeneration?: number;
  /** For `range` and the sticky ones; none when no broker has a rack. */
  readonly replicaRacks?: ReplicaRacks;
  /** For kafkajs's. */
  readonly partitionOrders?: PartitionOrders;
}

export type Assignment = ReadonlyMap<MemberId, readonly TopicPartition[]>;

/** Whether members give up everything before a rebalance, or only what moves. KIP-429. */
export type RebalanceProtocol = 'eager' | 'cooperative';

/**
 * An assignor that the leader of a classic group runs. Of Kafka's own, every member appears in
 * the result, if need be with none.
 */
export interface Assignor {
  /** As on the wire. */
  readonly name: string;
  /** What it supports. A client uses the most advanced one that all of its assignors share. */
  readonly rebalanceProtocols: readonly RebalanceProtocol[];
  /**
   * @param members in the order in which the leader has put them into its HashMap.
   * @param counts topics of the cluster's metadata, in its order.
   */
  readonly assign: (
    members: readonly AssignorMember[],
    counts: PartitionCounts,
    context?: AssignorContext,
  ) => Assignment;
}

/** What a broker-side assignor is told of one member. */
export interface BrokerAssignorMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  /** Subscribed topics, in the order in which Kafka's set lists them. */
  readonly topics: readonly string[];
  /** Its previous target assignment, in the order in which Kafka's map lists it. */
  readonly target: readonly TopicPartition[];
}

/** A topic as the broker knows it; Kafka's hash order goes by the id, a `Uuid` in base64. */
export interface BrokerTopic {
  readonly topicId: string;
  readonly partitionCount: number;
}

/** An assignor that the coordinator runs for a KIP-848 group. */
export interface BrokerAssignor {
  /** As in `group.remote.assignor`. */
  readonly name: string;
  /**
   * @param members in the order in which the coordinator has put them into its HashMap.
   * @returns what each gets: what it keeps first, in the order of its previous target.
   */
  readonly assign: (
    members: readonly BrokerAssignorMember[],
    topics: ReadonlyMap<string, BrokerTopic>,
  ) => Assignment;
}

/** The members of a group in the order in which a client's assignor deals to them. */
export type DealingOrder = (members: readonly AssignorMember[]) => readonly AssignorMember[];

/**
 * Members in the order in which Kafka's range and round-robin assignors deal: static ones by
 * their group.instance.id, then the others by their member id, as UTF-16 code units compare.
 *
 * Source: AbstractPartitionAssignor.MemberInfo#compareTo.
 */
export function inDealingOrder<Each extends Pick<AssignorMember, 'memberId' | 'groupInstanceId'>>(
  members: readonly Each[],
): readonly Each[] {
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
      return a.groupInstanceId < b.groupInstanceId ? -1 : 1;
    }
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return a.memberId < b.memberId ? -1 : 1;
  });
}
