import type { CoordinatorFact, MemberFact, OffsetSpan } from '../protocol/facts.ts';
import type { ActorId, MemberId, MemberName } from '../protocol/ids.ts';
import type { GroupMessage } from '../protocol/messages.ts';
import type { Command, Scenario } from '../scenarios/scenario.ts';

export const TRACE_FORMAT = 'rebalance-trace/1';

/** What a run produced, simulated or recorded; enough to run it again. */
export interface Trace {
  readonly format: typeof TRACE_FORMAT;
  readonly source: 'simulated' | 'recorded';
  readonly scenario: Scenario;
  /** Null for a recorded run, which had no seed. */
  readonly seed: number | null;
  /** What ran: `{ kafka: '4.3.1', java: '4.3.1' }`; of a simulation only what was asked for. */
  readonly versions: Readonly<Record<string, string>>;
  /** Every id a member had, in order of appearance. */
  readonly memberIds: ReadonlyMap<MemberName, readonly MemberId[]>;
  /** The ids that topics had, by name; assignors of the broker go by their hash order. */
  readonly topicIds: ReadonlyMap<string, string>;
  readonly events: readonly TraceEvent[];
}

/** What makes a simulation deal as a run did, and is not in its scenario. */
export interface Circumstances {
  readonly memberIds: Trace['memberIds'];
  readonly topicIds: Trace['topicIds'];
  readonly kafkaVersion?: string;
}

/** The ids that the run of a trace happened to get, and the version of its broker. */
export const circumstancesOf = ({ memberIds, topicIds, versions }: Trace): Circumstances => ({
  memberIds,
  topicIds,
  ...(versions['kafka'] === undefined ? {} : { kafkaVersion: versions['kafka'] }),
});

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
  /** The member's heartbeat thread did it, not its application; left out everywhere else. */
  readonly thread?: 'heartbeat';
}

/** What a timer is for. The first three are a member's clocks; its session runs at the coordinator. */
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
  | 'revocationTimeout'
  | 'memberJoinTimeout'
  | 'memberSyncTimeout'
  | 'metadata'
  /** By which a librdkafka member itself counts its session. */
  | 'ownSession'
  /** How long close() may take. */
  | 'close'
  /** Until a worker thread has processed a record. */
  | 'workers'
  | 'checkpoint';

/** What happened at one step; what coordinator and members tell of themselves is in `protocol`. */
export type Fact =
  | CoordinatorFact
  | MemberFact
  /** Always step 0. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'command'; readonly command: Command }
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
      /** `lost`: a command drops it; `intercepted`: one has it answered in the broker's place. */
      readonly reason:
        'receiverGone' | 'linkCut' | 'superseded' | 'brokerDown' | 'lost' | 'intercepted';
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
  | ({ readonly kind: 'recordsProduced' } & OffsetSpan)
  /**
   * What becomes of the coordinator. `moved`: another broker is it from now on; `loading`: it reads
   * the group from its log; `up`: it answers.
   */
  | { readonly kind: 'brokerChanged'; readonly state: 'down' | 'moved' | 'loading' | 'up' }
  | { readonly kind: 'topicChanged'; readonly topic: string; readonly partitionCount: number }
  | { readonly kind: 'end' };

export type TraceEvent = EventHeader & Fact;
export type FactKind = Fact['kind'];
/** The events of one kind: `EventOf<'messageSent'>`. */
export type EventOf<Kind extends FactKind> = EventHeader & Extract<Fact, { kind: Kind }>;
