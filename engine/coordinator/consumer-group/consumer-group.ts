import type { BrokerTopic } from '../../assignors/assignor.ts';
import { existing } from '../../assert.ts';
import { timelineOrder } from '../../java/timeline-order.ts';
import { PersistentMap } from '../../persistent-map.ts';
import type { GroupMemberChange, MemberAssignmentState } from '../../protocol/facts.ts';
import type { GroupId, GroupInstanceId, MemberId, MemberName } from '../../protocol/ids.ts';
import { asGenerationId } from '../../protocol/ids.ts';
import type { GroupResponse, JoinGroupProtocol } from '../../protocol/messages.ts';
import { printPartition, type TopicPartition } from '../../protocol/partitions.ts';
import { Turn } from '../../turn.ts';
import type { GroupEffect, Parked } from '../effects.ts';
import type { CoordinatorSettings } from '../settings.ts';

/** A partition that a member owns, and the target epoch at which it was handed to it. KIP-1251. */
export interface OwnedPartition extends TopicPartition {
  readonly assignmentEpoch: number;
}

/** What a member has that speaks the classic protocol to a group of the consumer protocol. */
export interface ClassicSide {
  readonly sessionTimeoutMs: number;
  /** In order of preference. */
  readonly protocols: readonly JoinGroupProtocol[];
  /** It was told to rejoin, and its clock runs. */
  readonly isAwaited: boolean;
}

/** One member of a consumer group. Source: ConsumerGroupMember. */
export interface ConsumerGroupMember {
  readonly memberId: MemberId;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly name: MemberName;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Names of the topics it subscribes to. */
  readonly topics: readonly string[];
  /** Up to which it is reconciled; -2 while a static member is away. */
  readonly memberEpoch: number;
  /** Before the last change; an answer may have been lost. */
  readonly previousMemberEpoch: number;
  readonly state: MemberAssignmentState;
  readonly assigned: readonly OwnedPartition[];
  /** It was told to give these up, and has not said that it has. */
  readonly pendingRevocation: readonly OwnedPartition[];
  /** Its epoch when the clock was started that fences it for not giving up; null without one. */
  readonly revokingEpoch: number | null;
  /** Null for a member of the consumer protocol. */
  readonly classic: ClassicSide | null;
}

/** A group of the consumer protocol. Source: ConsumerGroup, ModernGroup, Kafka 4.3.1. */
export interface ConsumerGroup {
  readonly protocol: 'consumer';
  readonly groupId: GroupId;
  readonly state: 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';
  readonly groupEpoch: number;
  /** The group epoch that the target was computed for. */
  readonly targetEpoch: number;
  /** When the last target was computed; null before the first. */
  readonly targetAtMs: number | null;
  /** The assignor that computed it. */
  readonly assignor: string | null;
  readonly members: PersistentMap<MemberId, ConsumerGroupMember>;
  /** The most members it ever had, on which the order of Kafka's hash table depends. */
  readonly mostMembers: number;
  /** Who goes by a `group.instance.id` now. */
  readonly staticMembers: PersistentMap<GroupInstanceId, MemberId>;
  /** What each is to own, in the order in which Kafka's record of it has it. */
  readonly target: PersistentMap<MemberId, readonly TopicPartition[]>;
  /** Who owns each partition, assigned or not yet given up, by its printed name. */
  readonly owners: PersistentMap<string, MemberId>;
  /** What the group knows of the topics it subscribes to; other counts mean another epoch. */
  readonly topicCounts: ReadonlyMap<string, number>;
}

/** Why a group becomes a classic one, and whether it has to rebalance then. */
export interface Downgrade {
  readonly isRebalance: boolean;
  readonly reason: string;
}

/** The topics of the cluster, as the coordinator sees them. */
export type Topics = ReadonlyMap<string, BrokerTopic>;

/** A new group starts at epoch 1, so that its first member comes to 2. Source: ModernGroup. */
export const newConsumerGroup = (groupId: GroupId): ConsumerGroup => ({
  protocol: 'consumer',
  groupId,
  state: 'Empty',
  groupEpoch: 1,
  targetEpoch: 0,
  targetAtMs: null,
  assignor: null,
  members: PersistentMap.empty(),
  mostMembers: 0,
  staticMembers: PersistentMap.empty(),
  target: PersistentMap.empty(),
  owners: PersistentMap.empty(),
  topicCounts: new Map(),
});

/** A transition of a consumer group under way, with what it goes by. */
export class ConsumerGroupTurn extends Turn<ConsumerGroup, GroupEffect> {
  readonly settings: CoordinatorSettings;
  readonly topics: Topics;
  readonly nowMs: number;
  /** The group as it was when the request came. */
  readonly before: ConsumerGroup;
  /** The group becomes a classic one at the end of this transition. */
  downgrading: Downgrade | null = null;

  constructor(group: ConsumerGroup, settings: CoordinatorSettings, topics: Topics, nowMs: number) {
    super(group);
    this.before = group;
    this.settings = settings;
    this.topics = topics;
    this.nowMs = nowMs;
  }

  downgrade(downgrade: Downgrade): void {
    this.downgrading = downgrade;
  }

  answer({ client, correlationId }: Parked, message: GroupResponse): void {
    this.ask({ type: 'send', to: client, correlationId, message });
  }

  member(memberId: MemberId): ConsumerGroupMember {
    return existing(this.state.members.get(memberId), `member ${memberId}`);
  }

  /** Who goes by a group.instance.id, if anybody does. */
  staticMember(groupInstanceId: GroupInstanceId | null): ConsumerGroupMember | undefined {
    if (groupInstanceId === null) return undefined;
    const memberId = this.state.staticMembers.get(groupInstanceId);
    return memberId === undefined ? undefined : this.state.members.get(memberId);
  }

  /**
   * Members as Kafka goes through them: as its own map lists them, and who joins with this request at
   * the end.
   *
   * Source: TargetAssignmentBuilder#build, ClassicGroup#fromConsumerGroup.
   */
  membersInOrder(): readonly ConsumerGroupMember[] {
    const ids = this.state.members.keys();
    const isOld = (memberId: MemberId): boolean => this.before.members.has(memberId);
    const old = timelineOrder(ids.filter(isOld), this.before.mostMembers);
    const joining = ids.filter((memberId) => !isOld(memberId));
    return [...old, ...joining].map((memberId) => this.member(memberId));
  }

  /** Puts a member in, or replaces one, and what it owns with it. */
  putMember(member: ConsumerGroupMember): void {
    const { staticMembers, owners, mostMembers } = this.state;
    const { memberId, groupInstanceId } = member;
    const old = this.state.members.get(memberId);
    const members = this.state.members.set(memberId, member);
    this.set({
      members,
      mostMembers: Math.max(mostMembers, members.size),
      staticMembers:
        groupInstanceId === null ? staticMembers : staticMembers.set(groupInstanceId, memberId),
      owners: ownedBy(member).reduce(
        (all, partition) => all.set(printPartition(partition), memberId),
        withoutOwned(owners, old),
      ),
    });
  }

  /** Takes a member out; what it owned is free. */
  dropMember(member: ConsumerGroupMember): void {
    const { members, staticMembers, owners, target } = this.state;
    const { memberId, groupInstanceId } = member;
    const isHolder = groupInstanceId !== null && staticMembers.get(groupInstanceId) === memberId;
    this.set({
      members: members.delete(memberId),
      staticMembers: isHolder ? staticMembers.delete(groupInstanceId) : staticMembers,
      owners: withoutOwned(owners, member),
      target: target.delete(memberId),
    });
  }

  /** The group's inputs have changed: there will be another target. */
  bumpEpoch(reason: string): void {
    const groupEpoch = this.state.groupEpoch + 1;
    this.set({ groupEpoch });
    this.ask({ type: 'note', note: { kind: 'groupEpoch', groupEpoch, reason } });
  }

  noteMember(
    change: GroupMemberChange,
    { memberId, name }: Pick<ConsumerGroupMember, 'memberId' | 'name'>,
    reason: string,
  ): void {
    const note = { kind: 'groupMember', change, memberId, member: name, reason } as const;
    this.ask({ type: 'note', note });
  }

  /** The session clock, which every accepted sign of life restarts. */
  restartSession({ memberId, classic }: ConsumerGroupMember): void {
    const afterMs = classic?.sessionTimeoutMs ?? this.settings.consumer.sessionTimeoutMs;
    this.ask({ type: 'startTimer', timer: { kind: 'session', memberId }, afterMs });
  }

  /** Starts the clock that fences a member which does not give up what it was told to. */
  startRevocation(memberId: MemberId): void {
    const member = this.member(memberId);
    this.putMember({ ...member, revokingEpoch: member.memberEpoch });
    const timer = { kind: 'revocationTimeout', memberId } as const;
    this.ask({ type: 'startTimer', timer, afterMs: member.rebalanceTimeoutMs });
  }

  /**
   * Comes to the state that epochs and members amount to, at the end of a transition.
   *
   * Source: ConsumerGroup#maybeUpdateGroupState.
   */
  settleState(reason: string): void {
    if (this.downgrading !== null) return;
    const { state: from, groupEpoch, assignor } = this.state;
    const to = stateOf(this.state);
    if (from === to) return;
    this.set({ state: to });
    const note = {
      kind: 'groupState',
      from,
      to,
      generationId: asGenerationId(groupEpoch),
      protocolName: assignor,
      leader: null,
      reason,
    } as const;
    this.ask({ type: 'note', note });
  }
}

function stateOf({ members, groupEpoch, targetEpoch }: ConsumerGroup): ConsumerGroup['state'] {
  if (members.size === 0) return 'Empty';
  if (groupEpoch > targetEpoch) return 'Assigning';
  const isStable = members.values().every((member) => isReconciledTo(member, targetEpoch));
  return isStable ? 'Stable' : 'Reconciling';
}

/** Source: ConsumerGroupMember#isReconciledTo. */
export const isReconciledTo = (member: ConsumerGroupMember, targetEpoch: number): boolean =>
  member.state === 'STABLE' && member.memberEpoch === targetEpoch;

/** All that nobody else can have. */
const ownedBy = (member: ConsumerGroupMember): readonly OwnedPartition[] => [
  ...member.assigned,
  ...member.pendingRevocation,
];

function withoutOwned(
  owners: ConsumerGroup['owners'],
  member: ConsumerGroupMember | undefined,
): ConsumerGroup['owners'] {
  if (member === undefined) return owners;
  return ownedBy(member).reduce((rest, partition) => {
    const name = printPartition(partition);
    return rest.get(name) === member.memberId ? rest.delete(name) : rest;
  }, owners);
}
