import type { ErrorCode } from '../../protocol/error-codes.ts';
import { asGenerationId } from '../../protocol/ids.ts';
import { printPartition, sortPartitions } from '../../protocol/partitions.ts';
import { GroupTurn, inHashOrder, newGroup, type ClassicGroup } from '../classic-group.ts';
import { prepareRebalance, selectProtocol } from '../rebalance.ts';
import type { ConsumerGroupSettings, CoordinatorSettings, MigrationPolicy } from '../settings.ts';
import {
  newConsumerGroup,
  type ConsumerGroup,
  type ConsumerGroupMember,
  type ConsumerGroupTurn,
  type Downgrade,
  type Topics,
} from './consumer-group.ts';
import { countsOf } from './membership.ts';

const UPGRADES: readonly MigrationPolicy[] = ['bidirectional', 'upgrade'];
const DOWNGRADES: readonly MigrationPolicy[] = ['bidirectional', 'downgrade'];

/** Source: GroupMetadataManager#validateOnlineUpgrade. */
export const canUpgrade = (
  { members }: ClassicGroup,
  { migrationPolicy, maxSize }: ConsumerGroupSettings,
): boolean => UPGRADES.includes(migrationPolicy) && members.size <= maxSize;

/**
 * Whether only members of the classic protocol stay when these go, so that the group becomes a
 * classic one.
 *
 * Source: GroupMetadataManager#validateOnlineDowngradeWithFencedMembers.
 */
export function canDowngradeWithout(
  { state, settings }: ConsumerGroupTurn,
  leaving: readonly ConsumerGroupMember[],
): boolean {
  const gone = new Set(leaving.map(({ memberId }) => memberId));
  const staying = state.members.values().filter(({ memberId }) => !gone.has(memberId));
  return staying.length > 0 && canBeClassic(staying, settings);
}

/**
 * The same when a member of the classic protocol has taken a static member's place.
 *
 * Source: GroupMetadataManager#validateOnlineDowngradeWithReplacedMember.
 */
export function canDowngradeWith(
  { state, settings }: ConsumerGroupTurn,
  { memberId }: ConsumerGroupMember,
): boolean {
  const others = state.members.values().filter((member) => member.memberId !== memberId);
  return canBeClassic(others, settings) && state.members.size <= settings.maxSize;
}

const canBeClassic = (
  members: readonly ConsumerGroupMember[],
  { maxSize, consumer }: CoordinatorSettings,
): boolean =>
  members.length <= maxSize &&
  members.every(({ classic }) => classic !== null) &&
  DOWNGRADES.includes(consumer.migrationPolicy);

/**
 * A classic group that its first member of the consumer protocol joins: everybody keeps what the
 * last rebalance gave, and whoever waits in one is told that there is another.
 *
 * Those who wait are told in any case, but Kafka may not get further: it reads each member's
 * subscription under the assignor that the group has settled on, of which there is none yet in the
 * first rebalance of a group, and one that has come since may not offer it. That is an exception,
 * and so is a newcomer to a group that is full: the group stays a classic one.
 *
 * @returns the consumer group, or what the newcomer is refused with.
 *
 * Source: GroupMetadataManager#convertToConsumerGroup, ConsumerGroup#fromClassicGroup.
 */
export function upgrade(
  turn: GroupTurn,
  topics: Topics,
  { maxSize }: ConsumerGroupSettings,
): ConsumerGroup | ErrorCode {
  sendParkedAway(turn);
  const { groupId, protocolName, generationId, members } = turn.state;
  const subscriptions = new Map(
    members.values().flatMap(({ memberId, protocols }) => {
      const offer = protocols.find(({ name }) => name === protocolName);
      return offer === undefined ? [] : [[memberId, offer.metadata]];
    }),
  );
  if (subscriptions.size < members.size) return 'UNKNOWN_SERVER_ERROR';
  // Nobody of the consumer protocol goes by an id of a classic member.
  if (members.size >= maxSize) return 'GROUP_MAX_SIZE_REACHED';
  const epoch: number = generationId;
  const converted = inHashOrder(turn.state).map((member): ConsumerGroupMember => {
    const { protocols, sessionTimeoutMs, assignment } = member;
    const subscription = subscriptions.get(member.memberId);
    turn.restartSession(member);
    return {
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      name: member.name,
      rackId: subscription?.rackId ?? null,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: null,
      topics: subscription?.topics ?? [],
      memberEpoch: epoch,
      previousMemberEpoch: epoch,
      state: 'STABLE',
      assigned: assignment.map((partition) => ({ ...partition, assignmentEpoch: epoch })),
      pendingRevocation: [],
      revokingEpoch: null,
      classic: { sessionTimeoutMs, protocols, isAwaited: false },
    };
  });
  const empty = newConsumerGroup(groupId);
  return converted.reduce(
    (group, member): ConsumerGroup => ({
      ...group,
      members: group.members.set(member.memberId, member),
      staticMembers:
        member.groupInstanceId === null
          ? group.staticMembers
          : group.staticMembers.set(member.groupInstanceId, member.memberId),
      target: group.target.set(
        member.memberId,
        member.assigned.map(({ topic, partition }) => ({ topic, partition })),
      ),
      owners: member.assigned.reduce(
        (all, partition) => all.set(printPartition(partition), member.memberId),
        group.owners,
      ),
    }),
    {
      ...empty,
      groupEpoch: epoch,
      targetEpoch: epoch,
      state: 'Stable',
      mostMembers: members.size,
      topicCounts: countsOf(topics, converted),
    },
  );
}

function sendParkedAway(turn: GroupTurn): void {
  const errorCode = 'REBALANCE_IN_PROGRESS';
  for (const member of inHashOrder(turn.state)) {
    const { awaitingJoin, awaitingSync, memberId } = member;
    if (awaitingJoin !== null) turn.refuseJoin(awaitingJoin, errorCode, memberId);
    if (awaitingSync !== null) {
      turn.answer(awaitingSync, { type: 'SyncGroupResponse', errorCode, assignment: [] });
    }
    turn.putMember({ ...member, awaitingJoin: null, awaitingSync: null });
  }
}

/**
 * The classic group that is left when its last member of the consumer protocol has gone: everybody
 * keeps its target, and if need be there is a rebalance at once.
 *
 * Source: GroupMetadataManager#convertToClassicGroup, ClassicGroup#fromConsumerGroup.
 */
export function downgraded(from: ConsumerGroupTurn, { isRebalance, reason }: Downgrade): GroupTurn {
  const { groupId, groupEpoch, target } = from.state;
  const turn = new GroupTurn(newGroup(groupId), from.settings);
  turn.set({ generationId: asGenerationId(groupEpoch) });
  for (const member of from.membersInOrder()) {
    const { memberId, classic } = member;
    if (classic === null) continue;
    const { sessionTimeoutMs, protocols } = classic;
    if (turn.state.leaderId === null) turn.set({ leaderId: memberId });
    turn.putMember({
      memberId,
      groupInstanceId: member.groupInstanceId,
      name: member.name,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs,
      protocols,
      assignment: sortPartitions(target.get(memberId) ?? []),
      awaitingJoin: null,
      awaitingSync: null,
      isPendingSync: false,
      isNew: false,
    });
    turn.mapStatic(member.groupInstanceId, memberId);
    turn.restartSession(turn.member(memberId));
  }
  turn.set({ protocolName: selectProtocol(turn.state) });
  turn.moveTo('Stable', 'only members of the classic protocol are left');
  turn.persist();
  if (isRebalance) prepareRebalance(turn, reason);
  return turn;
}
