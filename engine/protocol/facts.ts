import type { ErrorCode } from './error-codes.ts';
import type { GenerationId, MemberId, MemberName } from './ids.ts';
import type { PartitionOffset, TopicPartition } from './partitions.ts';

/** States of a classic group as Kafka prints them. Source: ClassicGroupState. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** Calls of ConsumerRebalanceListener, without their `onPartitions`. */
export type CallbackName = 'assigned' | 'revoked' | 'lost';

/** What a group did with one of its members, or with an id it has handed out. */
export type GroupMemberChange =
  'pending' | 'added' | 'awaitingJoin' | 'awaitingSync' | 'answered' | 'removed' | 'pendingRemoved';

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
    }
  | {
      readonly kind: 'groupMember';
      readonly change: GroupMemberChange;
      readonly memberId: MemberId;
      readonly member: MemberName | null;
      readonly reason: string;
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
  | { readonly kind: 'metadataSeen'; readonly topics: readonly TopicMetadata[] }
  /** An exception that reached the application. */
  | { readonly kind: 'memberError'; readonly exception: string; readonly message: string }
  /** Null when the process was killed. */
  | { readonly kind: 'memberExit'; readonly code: number | null };
