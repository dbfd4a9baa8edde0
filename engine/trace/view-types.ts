import type { ClientKind, GroupProtocol } from '../protocol/config.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { ActorId, GenerationId, MemberId, MemberName } from '../protocol/ids.ts';
import type { ApiName, GroupMessage } from '../protocol/messages.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import type { CallbackName, GroupState } from '../protocol/facts.ts';
import type { TimerKind, TraceEvent } from './events.ts';

/** All that a screen shows of a trace after one step. */
export interface View {
  readonly step: number;
  readonly stepCount: number;
  readonly atMs: number;
  readonly untilMs: number;
  readonly event: TraceEvent;
  readonly coordinator: CoordinatorView;
  /** In the scenario's order; all of them from the first step on. */
  readonly members: readonly MemberView[];
  /** By topic, then number. */
  readonly partitions: readonly PartitionView[];
  /** Sent and not yet delivered, oldest first. */
  readonly messagesInFlight: readonly MessageView[];
  /** Running timers of coordinator and members, soonest first. */
  readonly timers: readonly TimerView[];
}

export interface CoordinatorView {
  readonly state: GroupState;
  /** What the group is now; before its first member, what that one will make it. */
  readonly groupProtocol: GroupProtocol;
  /** 0 before the first; the group epoch of a consumer group. */
  readonly generationId: GenerationId;
  /** Up to which epoch a consumer group has computed who should own what; null in a classic one. */
  readonly assignmentEpoch: number | null;
  readonly protocolName: string | null;
  readonly leader: MemberName | null;
  readonly members: readonly GroupMemberView[];
  /** Ids handed out with MEMBER_ID_REQUIRED that have not joined yet. */
  readonly pendingMembers: readonly MemberName[];
  /** Whose JoinGroup (PreparingRebalance) or SyncGroup (CompletingRebalance) it waits for. */
  readonly waitsFor: readonly MemberName[];
}

export interface GroupMemberView {
  readonly memberId: MemberId;
  readonly name: MemberName;
  readonly isLeader: boolean;
  /** Its request is parked: the coordinator holds the answer back. */
  readonly awaits: 'join' | 'sync' | null;
}

/** What happened to the member's process; `state` says what its membership is in. */
export type ProcessState =
  'notStarted' | 'starting' | 'running' | 'frozen' | 'closed' | 'crashed' | 'failed';

export interface MemberView {
  readonly name: MemberName;
  readonly client: ClientKind;
  /** As its `group.protocol` says. */
  readonly groupProtocol: GroupProtocol;
  readonly process: ProcessState;
  /** A path in its XState machine: `joining`, `stable` ... */
  readonly state: string;
  readonly memberId: MemberId | null;
  readonly generationId: GenerationId | null;
  readonly isLeader: boolean;
  /** By its own account, sorted. */
  readonly assignment: readonly TopicPartition[];
  /** The listener call it is in. */
  readonly callback: {
    readonly callback: CallbackName;
    readonly partitions: readonly TopicPartition[];
  } | null;
  readonly clocks: {
    readonly heartbeat: TimerView | null;
    /** Runs at the coordinator. */
    readonly session: TimerView | null;
    readonly poll: TimerView | null;
  };
  readonly processedCount: number;
  /** Deliveries to this member of an offset that some member had been given before. */
  readonly redeliveredCount: number;
  /** Records that it has processed and some member, perhaps itself, had processed before. */
  readonly reprocessedCount: number;
  readonly lastError: string | null;
}

export interface PartitionView extends TopicPartition {
  /** More than one while a zombie still holds what the group has given away. */
  readonly owners: readonly MemberName[];
  /** Since when nobody holds it; null while somebody does. */
  readonly ownerlessSinceMs: number | null;
  /** All time without an owner so far, the current gap included. */
  readonly ownerlessTotalMs: number;
  /** Null where nothing was committed. */
  readonly committedOffset: number | null;
  /** The next offset that its newest owner will read; null while nobody knows where to begin. */
  readonly position: number | null;
  readonly endOffset: number;
  /** Records behind the committed offset; null where nothing was committed. */
  readonly lag: number | null;
  /** Records behind the position. */
  readonly positionLag: number | null;
}

export interface MessageView {
  readonly sentStep: number;
  readonly sentAtMs: number;
  /** When the trace says it arrived; null when it never does. */
  readonly deliveredAtMs: number | null;
  readonly from: ActorId;
  readonly to: ActorId;
  readonly api: ApiName;
  readonly isRequest: boolean;
  readonly errorCode: ErrorCode;
  readonly message: GroupMessage;
}

export interface TimerView {
  readonly key: string;
  readonly timer: TimerKind;
  readonly actor: ActorId;
  readonly member: MemberName | null;
  readonly startedStep: number;
  readonly startedAtMs: number;
  readonly dueAtMs: number;
}
