import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import type { GroupMemberChange, GroupState } from '../protocol/facts.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import {
  asGenerationId,
  type GenerationId,
  type GroupId,
  type GroupInstanceId,
  type MemberId,
  type MemberName,
} from '../protocol/ids.ts';
import type { GroupResponse, JoinGroupProtocol } from '../protocol/messages.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import { PersistentMap } from '../persistent-map.ts';
import { Turn } from '../turn.ts';
import type { GroupEffect, Parked } from './effects.ts';
import { refusedJoin } from './refusals.ts';
import type { ClassicGroupSettings } from './settings.ts';

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
  /** It has not sent SyncGroup in this generation. */
  readonly isPendingSync: boolean;
  /** From being added until a join phase completes. */
  readonly isNew: boolean;
}

/** Source: ClassicGroupState. */
export type ClassicGroupState = Exclude<GroupState, 'Assigning' | 'Reconciling'>;

/** A consumer group under the classic protocol. Source: ClassicGroup, Kafka 4.3.1. */
export interface ClassicGroup {
  readonly protocol: 'classic';
  readonly groupId: GroupId;
  readonly state: ClassicGroupState;
  readonly previousState: ClassicGroupState;
  readonly generationId: GenerationId;
  readonly protocolName: string | null;
  readonly leaderId: MemberId | null;
  /** In the order they were added; Kafka iterates in hash order, see `inHashOrder`. */
  readonly members: PersistentMap<MemberId, GroupMember>;
  /** The most members it ever had, on which Java's hash order depends. */
  readonly mostMembers: number;
  /** Who goes by a `group.instance.id` now. */
  readonly staticMembers: PersistentMap<GroupInstanceId, MemberId>;
  /** How many of the members wait in JoinGroup, and how many have yet to send SyncGroup. */
  readonly awaitingJoinCount: number;
  readonly pendingSyncCount: number;
  /** A static member that had not synced was replaced: nobody syncs for its old id any more. */
  readonly awaitsReplaced: boolean;
  /** How many members offer each assignor. */
  readonly protocolCounts: ReadonlyMap<string, number>;
  /** Ids handed out with MEMBER_ID_REQUIRED that have not joined yet, and whom they went to. */
  readonly pendingJoinMembers: ReadonlyMap<MemberId, MemberName>;
  /** Somebody joined while the initial delay ran. */
  readonly newMemberAdded: boolean;
  /** The initial delay that runs, and what of the rebalance timeout is left after it. */
  readonly initialDelay: { readonly delayMs: number; readonly remainingMs: number } | null;
  /** What the log holds of it: a coordinator that loads the group begins there. */
  readonly persisted: PersistedGroup | null;
}

/**
 * What is written to the log of a group. Rebalances under way are not, nor ids handed out.
 *
 * Source: GroupCoordinatorRecordHelpers#newGroupMetadataRecord.
 */
export type PersistedGroup = Pick<
  ClassicGroup,
  'generationId' | 'protocolName' | 'leaderId' | 'members'
>;

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

  /** Puts a member in, or replaces one; the order of the map stays. */
  putMember(member: GroupMember): void {
    const { awaitingJoinCount, pendingSyncCount, mostMembers } = this.state;
    const old = this.state.members.get(member.memberId);
    const members = this.state.members.set(member.memberId, member);
    if (old?.protocols !== member.protocols) this.#countProtocols(old, member);
    this.set({
      members,
      mostMembers: Math.max(mostMembers, members.size),
      awaitingJoinCount: awaitingJoinCount + isAwaitingJoin(member) - isAwaitingJoin(old),
      pendingSyncCount: pendingSyncCount + isPendingSync(member) - isPendingSync(old),
    });
  }

  /** Takes a member out; nobody follows it as leader yet. */
  dropMember(member: GroupMember): void {
    const { members, awaitingJoinCount, pendingSyncCount } = this.state;
    this.#countProtocols(member, undefined);
    this.set({
      members: members.delete(member.memberId),
      awaitingJoinCount: awaitingJoinCount - isAwaitingJoin(member),
      pendingSyncCount: pendingSyncCount - isPendingSync(member),
    });
    this.mapStatic(member.groupInstanceId, null);
  }

  /** Says who goes by a group.instance.id from now on. */
  mapStatic(groupInstanceId: GroupInstanceId | null, memberId: MemberId | null): void {
    if (groupInstanceId === null) return;
    const { staticMembers } = this.state;
    this.set({
      staticMembers:
        memberId === null
          ? staticMembers.delete(groupInstanceId)
          : staticMembers.set(groupInstanceId, memberId),
    });
  }

  /** Writes the group to the log, as it is. */
  persist(): void {
    const { generationId, protocolName, leaderId, members } = this.state;
    this.set({ persisted: { generationId, protocolName, leaderId, members } });
  }

  #countProtocols(old: GroupMember | undefined, member: GroupMember | undefined): void {
    const protocolCounts = new Map(this.state.protocolCounts);
    const add = (from: GroupMember | undefined, by: number): void => {
      for (const { name } of from?.protocols ?? []) {
        protocolCounts.set(name, (protocolCounts.get(name) ?? 0) + by);
      }
    };
    add(old, -1);
    add(member, 1);
    this.set({ protocolCounts });
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
  moveTo(to: ClassicGroupState, reason: string): void {
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

  /**
   * Starts the clock that removes a silent member; each sign of life starts it anew. Kafka has one
   * clock for a member: the session takes the place of the longer one of its first join phase.
   */
  restartSession(member: GroupMember): void {
    const { memberId, isNew } = member;
    if (isNew) this.ask({ type: 'stopTimer', timer: { kind: 'newMember', memberId } });
    this.ask({
      type: 'startTimer',
      timer: { kind: 'session', memberId },
      afterMs: member.sessionTimeoutMs,
    });
  }
}

export const newGroup = (groupId: GroupId): ClassicGroup => ({
  protocol: 'classic',
  groupId,
  state: 'Empty',
  previousState: 'Empty',
  generationId: asGenerationId(0),
  protocolName: null,
  leaderId: null,
  members: PersistentMap.empty(),
  mostMembers: 0,
  staticMembers: PersistentMap.empty(),
  awaitingJoinCount: 0,
  pendingSyncCount: 0,
  awaitsReplaced: false,
  protocolCounts: new Map(),
  pendingJoinMembers: new Map(),
  newMemberAdded: false,
  initialDelay: null,
  persisted: null,
});

const isAwaitingJoin = (member: GroupMember | undefined): number =>
  member !== undefined && member.awaitingJoin !== null ? 1 : 0;
const isPendingSync = (member: GroupMember | undefined): number =>
  member?.isPendingSync === true ? 1 : 0;

/** Members as Kafka iterates over them: its map is a HashMap. */
export const inHashOrder = (group: ClassicGroup): readonly GroupMember[] =>
  hashOrder(group.members.keys(), group.mostMembers).map((memberId) =>
    existing(group.members.get(memberId), `member ${memberId}`),
  );

/** Source: ClassicGroup#hasAllMembersJoined. */
export const hasAllJoined = (group: ClassicGroup): boolean =>
  group.awaitingJoinCount === group.members.size && group.pendingJoinMembers.size === 0;

/** Source: ClassicGroup#hasReceivedSyncFromAllMembers. */
export const hasEverybodySynced = (group: ClassicGroup): boolean =>
  group.pendingSyncCount === 0 && !group.awaitsReplaced;

/** The largest of the members', 0 without members. Source: ClassicGroup#rebalanceTimeoutMs. */
export const rebalanceTimeoutMs = (group: ClassicGroup): number =>
  group.members.values().reduce((most, member) => Math.max(most, member.rebalanceTimeoutMs), 0);

/**
 * The checks that Join, Sync, Heartbeat, Leave and OffsetCommit share; NONE when the member may go
 * on. Somebody who goes by a group.instance.id that has another member id now is fenced.
 *
 * Source: ClassicGroup#validateMember.
 */
export function validateMember(
  group: ClassicGroup,
  memberId: MemberId | null,
  groupInstanceId: GroupInstanceId | null,
): ErrorCode {
  if (groupInstanceId !== null) {
    const holder = group.staticMembers.get(groupInstanceId);
    if (holder === undefined) return 'UNKNOWN_MEMBER_ID';
    if (holder !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return memberId !== null && group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}
