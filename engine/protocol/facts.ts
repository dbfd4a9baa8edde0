import type { ErrorCode } from './error-codes.ts';
import type { GenerationId, MemberId, MemberName } from './ids.ts';
import type { PartitionOffset, TopicPartition } from './partitions.ts';

/**
 * States of a group as Kafka prints them: the second and third are a classic group's, the fourth
 * and fifth a consumer group's. Source: ClassicGroupState, ConsumerGroup.ConsumerGroupState.
 */
export const GROUP_STATES = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Assigning',
  'Reconciling',
  'Stable',
  'Dead',
] as const;
export type GroupState = (typeof GROUP_STATES)[number];

/**
 * What kind of change made a group rebalance. `partitions-revoked`: cooperative, others can now have
 * what a member has given up; `unseen`: nothing that was heard has begun it.
 */
export const REBALANCE_CAUSES = [
  'joined',
  'rejoined',
  'subscription-changed',
  'topics-changed',
  'partitions-revoked',
  'left',
  'poll-timeout',
  'session-timeout',
  'removed-by-admin',
  'unseen',
] as const;
export type RebalanceCause = (typeof REBALANCE_CAUSES)[number];

/** How far a member of a consumer group is with its target. Source: modern.MemberState. */
export type MemberAssignmentState = 'STABLE' | 'UNREVOKED_PARTITIONS' | 'UNRELEASED_PARTITIONS';

/** Calls of ConsumerRebalanceListener, without their `onPartitions`. */
export type CallbackName = 'assigned' | 'revoked' | 'lost';

/** What a group did with one of its members, or with an id it has handed out. */
export type GroupMemberChange =
  | 'pending'
  | 'added'
  | 'awaitingJoin'
  | 'awaitingSync'
  | 'answered'
  | 'away'
  | 'removed'
  | 'pendingRemoved';

/** Neighbouring records of one partition. */
export interface OffsetSpan {
  readonly partition: TopicPartition;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** A topic as cluster metadata has it. */
export interface TopicMetadata {
  readonly name: string;
  readonly partitions: number;
  /** Racks that have a replica, for each partition; missing when no broker has a rack. */
  readonly racks?: readonly (readonly string[])[];
  /** The partitions as the answer to Metadata lists them; missing where that is by number. */
  readonly order?: readonly number[];
}

/** What the coordinator tells a trace of itself. */
export type CoordinatorFact =
  | {
      readonly kind: 'groupState';
      readonly from: GroupState;
      readonly to: GroupState;
      readonly generationId: GenerationId;
      readonly protocolName: string | null;
      readonly leader: MemberId | null;
      readonly reason: string;
      /** Where a rebalance begins in a recording; left out everywhere else. */
      readonly rebalanceCause?: RebalanceCause;
    }
  | {
      readonly kind: 'groupMember';
      readonly change: GroupMemberChange;
      readonly memberId: MemberId;
      readonly member: MemberName | null;
      readonly reason: string;
    }
  /** A consumer group's inputs have changed. */
  | {
      readonly kind: 'groupEpoch';
      readonly groupEpoch: number;
      readonly reason: string;
      /** In a recording; left out everywhere else. */
      readonly rebalanceCause?: RebalanceCause;
    }
  /** Who should own what from this epoch on; members are told one by one. */
  | {
      readonly kind: 'targetAssignment';
      readonly epoch: number;
      readonly assignor: string;
      readonly assignment: readonly {
        readonly memberId: MemberId;
        readonly member: MemberName;
        readonly partitions: readonly TopicPartition[];
      }[];
    }
  /** How far the coordinator has brought a member towards its target. */
  | {
      readonly kind: 'memberReconciled';
      readonly memberId: MemberId;
      readonly member: MemberName;
      readonly memberEpoch: number;
      readonly state: MemberAssignmentState;
      readonly assigned: readonly TopicPartition[];
      /** What it was told to give up, and has not yet. */
      readonly pendingRevocation: readonly TopicPartition[];
    }
  | {
      readonly kind: 'commitAccepted';
      readonly member: MemberName | null;
      readonly offsets: readonly PartitionOffset[];
    }
  | {
      readonly kind: 'commitRefused';
      readonly member: MemberName | null;
      readonly offsets: readonly PartitionOffset[];
      readonly errorCode: ErrorCode;
    };

/** What a member tells a trace of itself. */
export type MemberFact =
  /** The member's process is up, subscribed and about to poll. */
  | { readonly kind: 'memberReady' }
  /** States are those of the member's XState machine. */
  | {
      readonly kind: 'memberState';
      readonly from: string;
      readonly to: string;
      /** The machine's event that made it move. */
      readonly event: string;
    }
  /** The id and generation a member goes by; null when it has none. */
  | {
      readonly kind: 'memberIdentity';
      readonly memberId: MemberId | null;
      readonly generationId: GenerationId | null;
    }
  | {
      readonly kind: 'callbackEntered';
      readonly callback: CallbackName;
      readonly partitions: readonly TopicPartition[];
    }
  /** The call that is under way throws, instead of coming to its end. */
  | { readonly kind: 'callbackThrew'; readonly callback: CallbackName }
  | { readonly kind: 'callbackLeft'; readonly callback: CallbackName }
  | {
      readonly kind: 'assignmentChanged';
      readonly assignment: readonly TopicPartition[];
      readonly gained: readonly TopicPartition[];
      readonly dropped: readonly TopicPartition[];
    }
  | { readonly kind: 'positionsSet'; readonly positions: readonly PartitionOffset[] }
  /** What one poll() returned of one partition. */
  | ({ readonly kind: 'recordsPolled' } & OffsetSpan)
  /** The application is done with them. */
  | ({ readonly kind: 'recordsProcessed' } & OffsetSpan)
  /** Where it has got to, as it keeps it outside of Kafka. */
  | { readonly kind: 'checkpointsSaved'; readonly offsets: readonly PartitionOffset[] }
  | { readonly kind: 'metadataSeen'; readonly topics: readonly TopicMetadata[] }
  /** An exception that reached the application. */
  | { readonly kind: 'memberError'; readonly exception: string; readonly message: string }
  /** Null when the process was killed. */
  | { readonly kind: 'memberExit'; readonly code: number | null };
