import type { ActorId, GenerationId, MemberId, MemberName } from '../protocol/ids.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { GroupMessage } from '../protocol/messages.ts';
import type { PartitionOffset, TopicPartition } from '../protocol/partitions.ts';
import type { Command, Scenario } from '../scenarios/scenario.ts';

export const TRACE_FORMAT = 'rebalance-trace/1';

/** What a run produced, simulated or recorded; enough to run it again. */
export interface Trace {
  readonly format: typeof TRACE_FORMAT;
  readonly source: 'simulated' | 'recorded';
  readonly scenario: Scenario;
  /** Null for a recorded run, which had no seed. */
  readonly seed: number | null;
  /** What ran: `{ kafka: '4.3.1', java: '4.3.1' }`; empty for a simulation. */
  readonly versions: Readonly<Record<string, string>>;
  /** Every id a member had, in order of appearance. */
  readonly memberIds: ReadonlyMap<MemberName, readonly MemberId[]>;
  readonly events: readonly TraceEvent[];
}

/** What all events say: which, when, who, and what brought it about. */
export interface EventHeader {
  /** Its index in the trace. */
  readonly step: number;
  readonly atMs: number;
  readonly actor: ActorId;
  /** The step that brought it about; null for what nobody caused: the beginning, a script command. */
  readonly cause: number | null;
  /** Deduced, not seen: only in traces of recordings. */
  readonly inferred: boolean;
}

/** Group states as Kafka prints them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export type CallbackName = 'assigned' | 'revoked' | 'lost';

/** What a timer is for. The first three are a member's clocks. */
export type TimerKind =
  | 'heartbeat'
  | 'session'
  | 'poll'
  | 'autoCommit'
  | 'retry'
  | 'startUp'
  | 'work'
  | 'initialDelay'
  | 'rebalanceTimeout'
  | 'syncTimeout'
  | 'newMember'
  | 'pendingMember'
  | 'metadata';

/** What a group did with one of its members, or with an id it has handed out. */
export type GroupMemberChange =
  'pending' | 'added' | 'awaitingJoin' | 'awaitingSync' | 'answered' | 'removed' | 'pendingRemoved';

/** Neighbouring records of one partition. */
export interface OffsetSpan {
  readonly partition: TopicPartition;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export type Fact =
  /** Always step 0. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'command'; readonly command: Command }
  /** The member's process is up, subscribed and about to poll. */
  | { readonly kind: 'memberReady' }
  | {
      readonly kind: 'messageSent';
      readonly to: ActorId;
      readonly message: GroupMessage;
      /** The step at which the request was sent that this answers; null for a request. */
      readonly answers: number | null;
    }
  | { readonly kind: 'messageDelivered'; readonly sentStep: number }
  | {
      readonly kind: 'messageDropped';
      readonly sentStep: number;
      readonly reason: 'receiverGone' | 'linkCut' | 'superseded';
    }
  | {
      readonly kind: 'timerStarted';
      readonly timer: TimerKind;
      /** Which timer of this actor it is; a start replaces a running timer of the same key. */
      readonly key: string;
      /** The member it is about: the owner of a clock, or whom the coordinator watches. */
      readonly member: MemberName | null;
      readonly dueAtMs: number;
      readonly afterMs: number;
    }
  | { readonly kind: 'timerFired'; readonly key: string; readonly startedStep: number }
  | { readonly kind: 'timerStopped'; readonly key: string; readonly startedStep: number }
  /** States are paths in the member's XState machine, such as `stable` or `joining`. */
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
  /** Of the coordinator, about a member's OffsetCommit. */
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
    }
  | ({ readonly kind: 'recordsProduced' } & OffsetSpan)
  | { readonly kind: 'topicChanged'; readonly topic: string; readonly partitionCount: number }
  | {
      readonly kind: 'metadataSeen';
      readonly topics: readonly { readonly name: string; readonly partitions: number }[];
    }
  /** An exception that reached the application. */
  | { readonly kind: 'memberError'; readonly exception: string; readonly message: string }
  | { readonly kind: 'memberExit'; readonly code: number | null }
  | { readonly kind: 'end' };

export type TraceEvent = EventHeader & Fact;
export type FactKind = Fact['kind'];
/** The events of one kind: `EventOf<'messageSent'>`. */
export type EventOf<Kind extends FactKind> = EventHeader & Extract<Fact, { kind: Kind }>;
