import { initialTransition } from 'xstate';
import { existing } from '../assert.ts';
import type { PartitionOrders, ReplicaRacks } from '../assignors/assignor.ts';
import type { Effect } from '../protocol/effects.ts';
import type { MemberFact, OffsetSpan, TopicMetadata } from '../protocol/facts.ts';
import type { GenerationId, MemberId } from '../protocol/ids.ts';
import type {
  GroupRequest,
  GroupResponse,
  JoinGroupResponse,
  StickyUserData,
} from '../protocol/messages.ts';
import {
  atOffset,
  printPartition,
  sortPartitions,
  withoutPartitions,
  type PartitionOffset,
  type TopicPartition,
} from '../protocol/partitions.ts';
import type { Command, GroupMembershipOperation } from '../scenarios/scenario.ts';
import { Turn } from '../turn.ts';
import type { ConsumerProtocolEvent } from './consumer-protocol/machine.ts';
import { NEW_MEMBERSHIP, type ConsumerProtocolMembership } from './consumer-protocol/membership.ts';
import type { MembershipEvent } from './member-machine.ts';
import type { MemberConfig } from './profiles.ts';
import {
  MACHINES,
  stateOf,
  stepMachine,
  type Membership,
  type MembershipState,
} from './step-machine.ts';

/** What the application thread is at. It takes part in the protocol only while it polls. */
export type Application =
  | { readonly doing: 'polling' }
  /** Handles a batch, or is held up by a stall (an empty batch). */
  | {
      readonly doing: 'working';
      readonly batch: readonly OffsetSpan[];
      /** What the same poll() has brought and comes after it. */
      readonly rest: readonly OffsetSpan[];
      readonly thenDoing: 'polling' | 'idling';
    }
  /** In a listener call that waits for a commit. */
  | { readonly doing: 'callback'; readonly correlationId: number }
  /** In commitSync(). */
  | {
      readonly doing: 'commitSync';
      readonly correlationId: number;
      /** What it commits, also when it has to try again; left out where that is all there is. */
      readonly offsets?: readonly PartitionOffset[];
      /** What the last poll() has brought and comes after it. */
      readonly rest?: readonly OffsetSpan[];
    }
  /** It has closed its consumer, after an error or without; perhaps its listener still commits. */
  | {
      readonly doing: 'closing';
      readonly isFailure: boolean;
      readonly isInListener: boolean;
      /** The commit that it waits for; null when for none. */
      readonly commitId: number | null;
    }
  /** It runs on after unsubscribe(), without polling. */
  | { readonly doing: 'idling' }
  | { readonly doing: 'nothing' };

/** A request that is not answered yet, with what its answer is judged by. */
export interface SentRequest {
  readonly request: GroupRequest;
  /** The generation the member was in when it sent it. */
  readonly generationId: GenerationId | null;
}

/** Something that reaches the member. */
export type MemberInput =
  | { readonly type: 'command'; readonly command: Command }
  /** The id that a member of the consumer protocol makes for itself when its process starts. */
  | { readonly type: 'memberId'; readonly memberId: MemberId }
  | { readonly type: 'timer'; readonly timer: MemberTimer }
  | { readonly type: 'response'; readonly correlationId: number; readonly message: GroupResponse }
  /** Its process goes on, after so long. */
  | { readonly type: 'thawed'; readonly frozenMs: number }
  /** The connection broke before the answer to this request came, or there was none to be had. */
  | {
      readonly type: 'disconnected';
      readonly correlationId: number;
      readonly isUnreachable: boolean;
    }
  /** Its connections were closed, on which it may have waited for nothing. */
  | { readonly type: 'connectionLost' }
  | { readonly type: 'fetched'; readonly fetchId: number; readonly batches: readonly OffsetSpan[] }
  | { readonly type: 'offsetsListed'; readonly positions: readonly PartitionOffset[] }
  /** Those that were kept. */
  | { readonly type: 'checkpointsLoaded'; readonly positions: readonly PartitionOffset[] }
  | {
      readonly type: 'metadata';
      readonly topics: readonly TopicMetadata[];
    };

/** An input that the application thread takes up when it polls again, and the step that brought it. */
export interface WaitingInput {
  readonly input: MemberInput;
  readonly cause: number;
}

export type MemberTimer =
  | 'startUp'
  | 'heartbeat'
  | 'ownSession'
  | 'poll'
  | 'autoCommit'
  | 'work'
  | 'retry'
  | 'metadata'
  | 'close'
  | 'workers'
  | 'checkpoint';

export type MemberEffect =
  | Effect<'coordinator', GroupRequest, MemberTimer, MemberFact>
  /** Bring what these positions have, now or when it comes; replaces an earlier fetch. */
  | {
      readonly type: 'fetch';
      readonly fetchId: number;
      readonly positions: readonly PartitionOffset[];
    }
  | {
      readonly type: 'listOffsets';
      readonly at: 'earliest' | 'latest';
      readonly partitions: readonly TopicPartition[];
    }
  /** Read, and write, where the group has got to by what is kept outside of Kafka. */
  | { readonly type: 'loadCheckpoints'; readonly partitions: readonly TopicPartition[] }
  | { readonly type: 'saveCheckpoints'; readonly offsets: readonly PartitionOffset[] }
  | { readonly type: 'refreshMetadata' };

/** An effect and the step that brought it about, which may lie before the input of this turn. */
export interface CausedEffect {
  readonly effect: MemberEffect;
  readonly cause: number;
  /** Whether the member's heartbeat thread asks for it, not its application. */
  readonly isOfHeartbeatThread: boolean;
}

/** What an assignor object remembers between rebalances. */
export interface AssignorMemory extends StickyUserData {
  /** The highest generation it has met as the leader's; -1 before. */
  readonly highestGeneration: number;
}

/** An error on its way to the application. */
export interface Thrown {
  readonly exception: string;
  readonly message: string;
  /** The application closes its consumer and ends. */
  readonly isFatal: boolean;
}

/** Records of one partition that worker threads process, one after the other. */
export interface WorkerTask {
  readonly partition: TopicPartition;
  readonly nextOffset: number;
  readonly lastOffset: number;
  /** When its next record is processed; null while it waits for a thread. */
  readonly dueAtMs: number | null;
}

/** One consumer: its membership, its application thread, and what runs beside them. */
export interface Member {
  readonly config: MemberConfig;
  readonly subscription: readonly string[];
  /** Of the machine of its group protocol. */
  readonly membership: Membership;
  readonly memberId: MemberId | null;
  readonly generationId: GenerationId | null;
  readonly protocolName: string | null;
  readonly isLeader: boolean;
  /** What the rebalance asks of the application before JoinGroup is done, and not yet owed again. */
  readonly isPrepared: boolean;
  /** The subscription it joined with last; another one makes it rejoin. */
  readonly joinedTopics: readonly string[] | null;
  /** What the sticky assignors keep in mind, by their name. */
  readonly assignorMemory: ReadonlyMap<string, AssignorMemory>;
  /** An error of the heartbeat thread, which the next poll() hands over. */
  readonly failure: Thrown | null;
  /** It has been told an assignment, perhaps an empty one, and not to give it up since. */
  readonly isAssigned: boolean;
  /** It has been told to rejoin, so that revoked is owed whatever comes before it can be called. */
  readonly isRevokedOwed: boolean;
  /** When it may send its next JoinGroup. */
  readonly mayJoinAtMs: number;
  /** Why it will join, as it tells the coordinator. */
  readonly joinReason: string | null;
  /** Why it is to rejoin, which it heard while its assignment waited for poll(). */
  readonly reasonBehindSync: string | null;
  /** Its next JoinGroup waits for the answer to an earlier JoinGroup or SyncGroup. */
  readonly isJoinHeldUp: boolean;
  readonly isCoordinatorKnown: boolean;
  /** Found since the last JoinGroup that was answered; some clients look anew before each. */
  readonly isCoordinatorFresh: boolean;
  /** How often it has looked for the coordinator in vain since it found it last. */
  readonly failedSearches: number;
  /** It has had an assignment since its consumer began, or began anew. */
  readonly hasJoined: boolean;
  /** A join was refused for the moment; the next one waits for the retry timer. */
  readonly isBackingOff: boolean;
  /** As a leader it waits for fresh metadata before it assigns for those that this answer lists. */
  readonly assigningFor: JoinGroupResponse | null;
  /** What the answer to its SyncGroup gives it. */
  readonly assigned: readonly TopicPartition[];
  /** What the listener call under way is about. */
  readonly givingUp: readonly TopicPartition[];
  /** Sorted. */
  readonly assignment: readonly TopicPartition[];
  /** By printed partition; only those that are known. */
  readonly positions: ReadonlyMap<string, number>;
  /**
   * What was processed, or handed over by poll(), of the partitions it holds: the next offset of each.
   */
  readonly handled: ReadonlyMap<string, number>;
  /** As far as its commits go that were taken, or are under way. */
  readonly committed: ReadonlyMap<string, number>;
  /** The next offset of each partition after those that were processed. */
  readonly processed: ReadonlyMap<string, number>;
  /** Something was processed since the application last committed by its own policy. */
  readonly isProcessedNew: boolean;
  readonly tasks: readonly WorkerTask[];
  readonly areOffsetsAsked: boolean;
  /** It has asked for its checkpoints, before it asks the coordinator. */
  readonly areCheckpointsAsked: boolean;
  readonly isCheckpointDue: boolean;
  /** Something was processed since its last checkpoint. */
  readonly isUnsaved: boolean;
  /** commitAsync() calls whose callback is owed. */
  readonly asyncCommits: ReadonlySet<number>;
  /** What commitAsync() is to commit as soon as the coordinator is known. */
  readonly pendingAsync: readonly PartitionOffset[];
  /** Errors that callbacks of commitAsync() get in the next poll(). */
  readonly asyncErrors: readonly Thrown[];
  /** wakeup() was called while the application was not in a call that it wakes up. */
  readonly isWokenUp: boolean;
  /** The listener has thrown once, in this process. */
  readonly hasThrown: boolean;
  /** The listener has thrown, and poll() or close() has not yet. */
  readonly isThrowOwed: boolean;
  /** The assigned call came to a bad end: the next poll() makes it anew, for nothing. */
  readonly isAssignedAgain: boolean;
  /** Printed partitions. */
  readonly paused: ReadonlySet<string>;
  readonly application: Application;
  readonly closingSinceMs: number;
  /** close() looks for the coordinator, to commit. */
  readonly isSeekingToClose: boolean;
  /** What close() was told about its membership. */
  readonly closeOperation: GroupMembershipOperation;
  /** The state it was in when close() was called. */
  readonly closingFrom: MembershipState | null;
  readonly waiting: readonly WaitingInput[];
  readonly requests: ReadonlyMap<number, SentRequest>;
  readonly nextCorrelationId: number;
  readonly fetchId: number;
  readonly isFetching: boolean;
  /** Fetched and not yet polled. */
  readonly buffer: readonly OffsetSpan[];
  /** The partition of which the application got something last of what was fetched together. */
  readonly begun: TopicPartition | null;
  readonly lastHeartbeatOkMs: number;
  /** Null before its first heartbeat. */
  readonly lastHeartbeatMs: number | null;
  /** A heartbeat that could not be sent when it was due. */
  readonly isHeartbeatDue: boolean;
  readonly isCommitDue: boolean;
  /** Its metadata has grown old, and its loop is to look at the cluster again. */
  readonly isMetadataDue: boolean;
  /** An auto commit was answered FENCED_INSTANCE_ID; no other is sent. */
  readonly isCommitFenced: boolean;
  /** The poll clock has run out, and what follows waits for the coordinator. */
  readonly isPollOver: boolean;
  /** A stall that a client takes up in its next handler. */
  readonly stallMs: number;
  /** Metadata is asked for and not there yet. */
  readonly isMetadataAsked: boolean;
  /** Partition counts by topic, as this client last saw them. */
  readonly metadata: ReadonlyMap<string, number>;
  /** Racks that have a replica, as this client last saw them. */
  readonly replicaRacks: ReplicaRacks;
  /** How the last answer to Metadata listed the partitions. */
  readonly partitionOrders: PartitionOrders;
  /** No broker could be reached since it joined, and the client has begun anew with its metadata. */
  readonly isMetadataLost: boolean;
  /** The counts by which this leader assigned; null for a follower. */
  readonly assignedBy: ReadonlyMap<string, number> | null;
  /** Means something only under the consumer protocol. */
  readonly consumerProtocol: ConsumerProtocolMembership;
}

export const newMember = (config: MemberConfig): Member => ({
  config,
  subscription: config.topics,
  membership: initialTransition(MACHINES[config.groupProtocol])[0],
  memberId: null,
  generationId: null,
  protocolName: null,
  isLeader: false,
  isPrepared: false,
  joinedTopics: null,
  assignorMemory: new Map(),
  failure: null,
  isAssigned: false,
  isRevokedOwed: false,
  mayJoinAtMs: 0,
  joinReason: null,
  reasonBehindSync: null,
  isJoinHeldUp: false,
  isCoordinatorKnown: false,
  isCoordinatorFresh: false,
  failedSearches: 0,
  hasJoined: false,
  isBackingOff: false,
  assigningFor: null,
  assigned: [],
  givingUp: [],
  assignment: [],
  positions: new Map(),
  handled: new Map(),
  committed: new Map(),
  processed: new Map(),
  isProcessedNew: false,
  tasks: [],
  areOffsetsAsked: false,
  areCheckpointsAsked: false,
  isCheckpointDue: false,
  isUnsaved: false,
  asyncCommits: new Set(),
  pendingAsync: [],
  asyncErrors: [],
  isWokenUp: false,
  hasThrown: false,
  isThrowOwed: false,
  isAssignedAgain: false,
  paused: new Set(),
  application: { doing: 'nothing' },
  closingSinceMs: 0,
  isSeekingToClose: false,
  closeOperation: 'DEFAULT',
  closingFrom: null,
  waiting: [],
  requests: new Map(),
  nextCorrelationId: 0,
  fetchId: 0,
  isFetching: false,
  buffer: [],
  begun: null,
  lastHeartbeatOkMs: 0,
  lastHeartbeatMs: null,
  isHeartbeatDue: false,
  isCommitDue: false,
  isMetadataDue: false,
  isCommitFenced: false,
  isPollOver: false,
  stallMs: 0,
  isMetadataAsked: false,
  metadata: new Map(),
  replicaRacks: new Map(),
  partitionOrders: new Map(),
  isMetadataLost: false,
  assignedBy: null,
  consumerProtocol: NEW_MEMBERSHIP,
});

/** Offsets of those partitions that have one. */
const offsetsIn = (
  offsets: ReadonlyMap<string, number>,
  partitions: readonly TopicPartition[],
): readonly PartitionOffset[] =>
  partitions.flatMap((partition) => {
    const offset = offsets.get(printPartition(partition));
    return offset === undefined ? [] : [atOffset(partition, offset)];
  });

/** What the machine asks for by name, and the answer that made it ask. */
export interface MembershipAction {
  readonly name: string;
  readonly answer: GroupResponse | null;
  /** The state in which it was asked for. */
  readonly from: MembershipState;
}

/**
 * A copy, field by field: that is fifteen times as fast as `{ ...member }` of so many fields, and it is
 * made at nearly every step of a run.
 */
const copyMember = (from: Member): Member => ({
  config: from.config,
  subscription: from.subscription,
  membership: from.membership,
  memberId: from.memberId,
  generationId: from.generationId,
  protocolName: from.protocolName,
  isLeader: from.isLeader,
  isPrepared: from.isPrepared,
  joinedTopics: from.joinedTopics,
  assignorMemory: from.assignorMemory,
  failure: from.failure,
  isAssigned: from.isAssigned,
  isRevokedOwed: from.isRevokedOwed,
  mayJoinAtMs: from.mayJoinAtMs,
  joinReason: from.joinReason,
  reasonBehindSync: from.reasonBehindSync,
  isJoinHeldUp: from.isJoinHeldUp,
  isCoordinatorKnown: from.isCoordinatorKnown,
  isCoordinatorFresh: from.isCoordinatorFresh,
  failedSearches: from.failedSearches,
  hasJoined: from.hasJoined,
  isBackingOff: from.isBackingOff,
  assigningFor: from.assigningFor,
  assigned: from.assigned,
  givingUp: from.givingUp,
  assignment: from.assignment,
  positions: from.positions,
  handled: from.handled,
  committed: from.committed,
  processed: from.processed,
  isProcessedNew: from.isProcessedNew,
  tasks: from.tasks,
  areOffsetsAsked: from.areOffsetsAsked,
  areCheckpointsAsked: from.areCheckpointsAsked,
  isCheckpointDue: from.isCheckpointDue,
  isUnsaved: from.isUnsaved,
  asyncCommits: from.asyncCommits,
  pendingAsync: from.pendingAsync,
  asyncErrors: from.asyncErrors,
  isWokenUp: from.isWokenUp,
  hasThrown: from.hasThrown,
  isThrowOwed: from.isThrowOwed,
  isAssignedAgain: from.isAssignedAgain,
  paused: from.paused,
  application: from.application,
  closingSinceMs: from.closingSinceMs,
  isSeekingToClose: from.isSeekingToClose,
  closeOperation: from.closeOperation,
  closingFrom: from.closingFrom,
  waiting: from.waiting,
  requests: from.requests,
  nextCorrelationId: from.nextCorrelationId,
  fetchId: from.fetchId,
  isFetching: from.isFetching,
  buffer: from.buffer,
  begun: from.begun,
  lastHeartbeatOkMs: from.lastHeartbeatOkMs,
  lastHeartbeatMs: from.lastHeartbeatMs,
  isHeartbeatDue: from.isHeartbeatDue,
  isCommitDue: from.isCommitDue,
  isMetadataDue: from.isMetadataDue,
  isCommitFenced: from.isCommitFenced,
  isPollOver: from.isPollOver,
  stallMs: from.stallMs,
  isMetadataAsked: from.isMetadataAsked,
  metadata: from.metadata,
  replicaRacks: from.replicaRacks,
  partitionOrders: from.partitionOrders,
  isMetadataLost: from.isMetadataLost,
  assignedBy: from.assignedBy,
  consumerProtocol: from.consumerProtocol,
});

/** A transition of a member under way. */
export class MemberTurn extends Turn<Member, CausedEffect> {
  readonly nowMs: number;
  /** The trace step that what is asked for now follows from. */
  cause: number;
  /** What is asked for now is asked for by the heartbeat thread. */
  isOfHeartbeatThread = false;
  /** What the machine has asked for and nobody has carried out yet; see `membership-actions.ts`. */
  readonly actions: MembershipAction[] = [];

  constructor(member: Member, nowMs: number, cause: number) {
    super(member, copyMember);
    this.nowMs = nowMs;
    this.cause = cause;
  }

  get config(): MemberConfig {
    return this.state.config;
  }

  get membershipState(): MembershipState {
    return stateOf(this.state.membership);
  }

  want(effect: MemberEffect): void {
    this.ask({ effect, cause: this.cause, isOfHeartbeatThread: this.isOfHeartbeatThread });
  }

  note(note: MemberFact): void {
    this.want({ type: 'note', note });
  }

  startTimer(timer: MemberTimer, afterMs: number): void {
    this.want({ type: 'startTimer', timer, afterMs });
  }

  stopTimer(timer: MemberTimer): void {
    this.want({ type: 'stopTimer', timer });
  }

  /** Nothing for a client whose auto commit goes by batches. */
  startAutoCommits(): void {
    const { isAutoCommit, autoCommitIntervalMs } = this.config;
    if (isAutoCommit && autoCommitIntervalMs !== null) {
      this.startTimer('autoCommit', autoCommitIntervalMs);
    }
  }

  /** Asks for the cluster's topics as they are now, unless that is under way. */
  askMetadata(): void {
    if (this.state.isMetadataAsked) return;
    this.set({ isMetadataAsked: true });
    this.want({ type: 'refreshMetadata' });
  }

  /** Sends a request and returns the number by which its answer will be known. */
  request(request: GroupRequest): number {
    const correlationId = this.state.nextCorrelationId;
    const sent: SentRequest = { request, generationId: this.state.generationId };
    this.set({
      nextCorrelationId: correlationId + 1,
      requests: new Map(this.state.requests).set(correlationId, sent),
    });
    this.want({ type: 'send', to: 'coordinator', correlationId, message: request });
    return correlationId;
  }

  isAsking(type: GroupRequest['type']): boolean {
    return [...this.state.requests.values()].some(({ request }) => request.type === type);
  }

  /**
   * Whether a later request of this kind has taken the place of this one. An earlier one may stay open
   * for good: the coordinator never answers the SyncGroup of a member that has left meanwhile.
   */
  hasAskedAgain(type: GroupRequest['type'], correlationId: number): boolean {
    return [...this.state.requests].some(
      ([other, { request }]) => request.type === type && other > correlationId,
    );
  }

  /** Steps the machine; what it asks for is carried out after the code that raised the event. */
  raise(event: MembershipEvent | ConsumerProtocolEvent, answer: GroupResponse | null = null): void {
    const from = this.membershipState;
    const { groupProtocol } = this.config;
    const { membership, actions } = stepMachine(groupProtocol, this.state.membership, event);
    this.set({ membership });
    const to = this.membershipState;
    if (to !== from) this.note({ kind: 'memberState', from, to, event: event.type });
    for (const name of actions) this.actions.push({ name, answer, from });
  }

  identify(memberId: MemberId | null, generationId: GenerationId | null): void {
    if (memberId === this.state.memberId && generationId === this.state.generationId) return;
    this.set({ memberId, generationId });
    this.note({ kind: 'memberIdentity', memberId, generationId });
  }

  /** Takes a new assignment; positions of partitions that go are forgotten, by most clients pauses too. */
  assign(partitions: readonly TopicPartition[]): void {
    const assignment = sortPartitions(partitions);
    const gained = withoutPartitions(assignment, this.state.assignment);
    const dropped = withoutPartitions(this.state.assignment, assignment);
    const held = new Set(assignment.map(printPartition));
    this.set({
      assignment,
      positions: new Map([...this.state.positions].filter(([name]) => held.has(name))),
      handled: new Map([...this.state.handled].filter(([name]) => held.has(name))),
      committed: new Map([...this.state.committed].filter(([name]) => held.has(name))),
      processed: new Map([...this.state.processed].filter(([name]) => held.has(name))),
      tasks: this.state.tasks.filter(({ partition }) => held.has(printPartition(partition))),
      paused: this.config.profile.keepsPauses
        ? this.state.paused
        : new Set([...this.state.paused].filter((name) => held.has(name))),
      buffer: this.state.buffer.filter(({ partition }) => held.has(printPartition(partition))),
      isFetching: false,
      areOffsetsAsked: false,
      areCheckpointsAsked: false,
    });
    if (gained.length === 0 && dropped.length === 0) return;
    this.note({ kind: 'assignmentChanged', assignment, gained, dropped });
  }

  /** The offsets a commit of these partitions would carry, by this client's rule. */
  committable(partitions = this.state.assignment): readonly PartitionOffset[] {
    const { positions, committed, config } = this.state;
    if (config.profile.commits === 'positions') return offsetsIn(positions, partitions);
    return this.#handledOf(partitions).filter(
      (position) => committed.get(printPartition(position)) !== position.offset,
    );
  }

  #handledOf(partitions: readonly TopicPartition[]): readonly PartitionOffset[] {
    return offsetsIn(this.state.handled, partitions);
  }

  /**
   * Commits what there is to commit; null when there is nothing, or no generation to commit in. A
   * member of the consumer protocol leaves it to the coordinator to refuse a commit without epoch.
   */
  sendCommit(partitions = this.state.assignment): number | null {
    return this.sendOffsets(this.committable(partitions));
  }

  /** What the application itself commits: with workers, what they have processed. */
  sendOwnCommit(): number | null {
    return this.sendOffsets(this.ownOffsets());
  }

  /** The offsets of a commit that the application makes by itself. */
  ownOffsets(): readonly PartitionOffset[] {
    return this.config.workerCount === 0 ? this.committable() : this.processedOffsets();
  }

  processedOffsets(partitions = this.state.assignment): readonly PartitionOffset[] {
    return offsetsIn(this.state.processed, partitions);
  }

  sendOffsets(offsets: readonly PartitionOffset[]): number | null {
    const { config, memberId, generationId } = this.state;
    const isOutside = generationId === null && config.groupProtocol === 'classic';
    return memberId === null || isOutside ? null : this.#commit(offsets);
  }

  /**
   * librdkafka's commit of what it gives up: all that it has handed over, also what is committed
   * already, and also when its member id has gone meanwhile and the coordinator can only refuse.
   *
   * Source: rdkafka_assignment.c, rd_kafka_assignment_serve_removals, version 2.15.
   */
  sendPartingCommit(partitions = this.state.assignment): number | null {
    return this.#commit(this.#handledOf(partitions));
  }

  #commit(offsets: readonly PartitionOffset[]): number | null {
    const { config, memberId, generationId, committed } = this.state;
    if (offsets.length === 0) return null;
    const sent = offsets.map((position) => [printPartition(position), position.offset] as const);
    this.set({ committed: new Map([...committed, ...sent]) });
    return this.request({
      type: 'OffsetCommitRequest',
      groupId: config.groupId,
      generationId,
      memberId,
      groupInstanceId: config.groupInstanceId,
      offsets,
    });
  }

  /** A commit was refused, or lost: what it carried is to be committed again. */
  forgetCommit(offsets: readonly PartitionOffset[]): void {
    const refused = new Set(offsets.map(printPartition));
    const { committed } = this.state;
    this.set({ committed: new Map([...committed].filter(([name]) => !refused.has(name))) });
  }

  /** The answered request, which is then no longer under way. */
  settle(correlationId: number): SentRequest {
    const requests = new Map(this.state.requests);
    const sent = existing(requests.get(correlationId), 'request that is answered');
    requests.delete(correlationId);
    this.set({ requests });
    return sent;
  }
}
