import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import type { Effect } from '../protocol/effects.ts';
import type { CoordinatorFact, GroupMemberChange, GroupState } from '../protocol/facts.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import {
  asGenerationId,
  type GenerationId,
  type GroupId,
  type GroupInstanceId,
  type MemberId,
  type MemberName,
} from '../protocol/ids.ts';
import type { GroupResponse, JoinGroupProtocol, JoinGroupResponse } from '../protocol/messages.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import { Turn } from '../turn.ts';

/** Whom an answer goes to: a member's process, told apart from an earlier one of the same name. */
export interface Client {
  readonly name: MemberName;
  readonly incarnation: number;
}

/** A request whose answer the coordinator holds back. */
export interface Parked {
  readonly client: Client;
  readonly correlationId: number;
}

/** One member of a classic group. Source: ClassicGroupMember. */
export interface GroupMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly name: MemberName;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** In order of preference. */
  readonly protocols: readonly JoinGroupProtocol[];
  readonly assignment: readonly TopicPartition[];
  readonly awaitingJoin: Parked | null;
  readonly awaitingSync: Parked | null;
  /** From being added until a join phase completes. */
  readonly isNew: boolean;
}

/** A consumer group under the classic protocol. Source: ClassicGroup, Kafka 4.3.1. */
export interface ClassicGroup {
  readonly groupId: GroupId;
  readonly state: GroupState;
  readonly previousState: GroupState;
  readonly generationId: GenerationId;
  readonly protocolName: string | null;
  readonly leaderId: MemberId | null;
  /** In the order they were added; Kafka iterates in hash order, see `inHashOrder`. */
  readonly members: ReadonlyMap<MemberId, GroupMember>;
  /** The most members it ever had, on which Java's hash order depends. */
  readonly mostMembers: number;
  /** Ids handed out with MEMBER_ID_REQUIRED that have not joined yet, and whom they went to. */
  readonly pendingJoinMembers: ReadonlyMap<MemberId, MemberName>;
  /** Members of this generation that have not sent SyncGroup. */
  readonly pendingSyncMembers: ReadonlySet<MemberId>;
  /** Somebody joined while the initial delay ran. */
  readonly newMemberAdded: boolean;
  /** The initial delay that runs, and what of the rebalance timeout is left after it. */
  readonly initialDelay: { readonly delayMs: number; readonly remainingMs: number } | null;
}

/** Broker settings that classic groups go by. */
export interface ClassicGroupSettings {
  readonly initialRebalanceDelayMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxSize: number;
}

/** The coordinator's timers. `memberId` is null for those of the group as a whole. */
export interface GroupTimer {
  readonly kind:
    'session' | 'newMember' | 'pendingMember' | 'initialDelay' | 'rebalanceTimeout' | 'syncTimeout';
  readonly memberId: MemberId | null;
}

export type GroupEffect = Effect<Client, GroupResponse, GroupTimer, CoordinatorFact>;

/** A transition of a group under way, with the settings it goes by. */
export class GroupTurn extends Turn<ClassicGroup, GroupEffect> {
  readonly settings: ClassicGroupSettings;

  constructor(group: ClassicGroup, settings: ClassicGroupSettings) {
    super(group);
    this.settings = settings;
  }

  answer(parked: Parked, message: GroupResponse): void {
    const { client, correlationId } = parked;
    this.ask({ type: 'send', to: client, correlationId, message });
  }

  /** Refuses a JoinGroup; some refusals name the member id that the joiner has, or gets. */
  refuseJoin(parked: Parked, errorCode: ErrorCode, memberId: MemberId | null = null): void {
    this.answer(parked, refusedJoin(errorCode, memberId));
  }

  /** Replaces one member; the order of the map stays. */
  putMember(member: GroupMember): void {
    const members = new Map(this.state.members).set(member.memberId, member);
    const mostMembers = Math.max(this.state.mostMembers, members.size);
    this.set({ members, mostMembers });
  }

  member(memberId: MemberId): GroupMember {
    return existing(this.state.members.get(memberId), `member ${memberId}`);
  }

  noteMember(change: GroupMemberChange, memberId: MemberId, reason: string): void {
    const member =
      this.state.members.get(memberId)?.name ?? this.state.pendingJoinMembers.get(memberId) ?? null;
    this.ask({ type: 'note', note: { kind: 'groupMember', change, memberId, member, reason } });
  }

  /** Moves to a state and tells the trace why. */
  moveTo(to: GroupState, reason: string): void {
    const { state: from } = this.state;
    this.set({ state: to, previousState: from });
    const { generationId, protocolName, leaderId: leader } = this.state;
    const note = {
      kind: 'groupState',
      from,
      to,
      generationId,
      protocolName,
      leader,
      reason,
    } as const;
    this.ask({ type: 'note', note });
  }

  /** Starts the clock that removes a silent member; each sign of life starts it anew. */
  restartSession(member: GroupMember): void {
    this.ask({
      type: 'startTimer',
      timer: { kind: 'session', memberId: member.memberId },
      afterMs: member.sessionTimeoutMs,
    });
  }
}

/** The answer to a JoinGroup that does not get in. */
export const refusedJoin = (
  errorCode: ErrorCode,
  memberId: MemberId | null,
): JoinGroupResponse => ({
  type: 'JoinGroupResponse',
  errorCode,
  generationId: null,
  protocolName: null,
  leader: null,
  memberId,
  members: [],
});

export const newGroup = (groupId: GroupId): ClassicGroup => ({
  groupId,
  state: 'Empty',
  previousState: 'Empty',
  generationId: asGenerationId(0),
  protocolName: null,
  leaderId: null,
  members: new Map(),
  mostMembers: 0,
  pendingJoinMembers: new Map(),
  pendingSyncMembers: new Set(),
  newMemberAdded: false,
  initialDelay: null,
});

/** Members as Kafka iterates over them: its map is a HashMap. */
export const inHashOrder = (group: ClassicGroup): readonly GroupMember[] =>
  hashOrder([...group.members.keys()], group.mostMembers).map((memberId) =>
    existing(group.members.get(memberId), `member ${memberId}`),
  );

/** Source: ClassicGroup#hasAllMembersJoined. */
export function hasAllJoined(group: ClassicGroup): boolean {
  if (group.pendingJoinMembers.size > 0) return false;
  return [...group.members.values()].every((member) => member.awaitingJoin !== null);
}

/** The largest of the members', 0 without members. Source: ClassicGroup#rebalanceTimeoutMs. */
export const rebalanceTimeoutMs = (group: ClassicGroup): number =>
  [...group.members.values()].reduce(
    (most, member) => Math.max(most, member.rebalanceTimeoutMs),
    0,
  );

/**
 * The checks that Sync, Heartbeat, Leave and OffsetCommit share; NONE when the member may go on.
 *
 * Simplification: static members are not simulated yet, so nobody is fenced.
 *
 * Source: ClassicGroup#validateMember.
 */
export function validateMember(group: ClassicGroup, memberId: MemberId | null): ErrorCode {
  return memberId !== null && group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}
