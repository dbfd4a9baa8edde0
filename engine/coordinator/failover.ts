import type { GroupRequest, GroupResponse } from '../protocol/messages.ts';
import { refusalOfForm } from './checks.ts';
import { GroupTurn, inHashOrder, newGroup, type ClassicGroup } from './classic-group.ts';
import { ConsumerGroupTurn, type ConsumerGroup } from './consumer-group/consumer-group.ts';
import type { Parked } from './effects.ts';
import { prepareRebalance } from './rebalance.ts';
import { refused } from './refusals.ts';
import type { Coordinator, CoordinatorStep } from './state.ts';

/**
 * This broker is the coordinator no longer: who waits is sent away, and the group here is dead.
 * What its log holds of the group stays.
 *
 * Source: GroupMetadataManager#onUnloaded, ClassicGroup: parked requests get NOT_COORDINATOR.
 */
export function unload(coordinator: Coordinator): CoordinatorStep {
  const { group } = coordinator;
  // All that a consumer group is stands in the log, and nobody waits for an answer in it; nor in a
  // group that was unloaded before and is not loaded yet.
  if (group?.protocol !== 'classic' || group.state === 'Dead') return { coordinator, effects: [] };
  const turn = new GroupTurn(group, coordinator.settings);
  for (const { awaitingJoin, awaitingSync, memberId } of inHashOrder(group)) {
    const errorCode = 'NOT_COORDINATOR';
    if (awaitingJoin !== null) turn.refuseJoin(awaitingJoin, errorCode, memberId);
    if (awaitingSync !== null) {
      turn.answer(awaitingSync, { type: 'SyncGroupResponse', errorCode, assignment: [] });
    }
  }
  turn.moveTo('Dead', 'its coordinator is gone');
  return { coordinator: { ...coordinator, group: turn.state }, effects: turn.effects };
}

/**
 * What a broker answers that is not the coordinator, or no longer; what is wrong with the request
 * in itself comes first.
 *
 * Source: CoordinatorRuntime#contextOrThrow.
 */
export function onRequestElsewhere(
  coordinator: Coordinator,
  request: GroupRequest,
  { client, correlationId }: Parked,
): CoordinatorStep {
  const message =
    refusalOfForm(request, coordinator.settings) ?? refused(request, 'NOT_COORDINATOR');
  return { coordinator, effects: [{ type: 'send', to: client, correlationId, message }] };
}

/** The broker begins to read its groups from the log. */
export const beginLoading = (coordinator: Coordinator): Coordinator => ({
  ...coordinator,
  isLoading: true,
});

/**
 * The group as the log has it: settled if it has members, each with a fresh session; a rebalance
 * that was under way is forgotten, and so are ids that were handed out.
 *
 * Source: GroupMetadataManager#replay(GroupMetadataKey), #onLoaded, Kafka 4.3.1. The log keeps of
 * each member only what it offered under the assignor that the group had settled on.
 */
export function load(coordinator: Coordinator): CoordinatorStep {
  const { group } = coordinator;
  if (group === null) return { coordinator: { ...coordinator, isLoading: false }, effects: [] };
  const turn =
    group.protocol === 'classic'
      ? loadClassic(coordinator, group)
      : loadConsumer(coordinator, group);
  return {
    coordinator: { ...coordinator, group: turn.state, isLoading: false },
    effects: turn.effects,
  };
}

/**
 * Every member has a fresh session, of the broker's length until it is heard, and a fresh time to
 * give up what it was told to; here members of the classic protocol are no exception. Who was
 * waited for, to rejoin or to sync, is not in the log.
 */
function loadConsumer({ settings, topics }: Coordinator, group: ConsumerGroup): ConsumerGroupTurn {
  const turn = new ConsumerGroupTurn(
    { ...group, mostMembers: group.members.size },
    settings,
    topics,
    0,
  );
  for (const member of group.members.values()) {
    const { classic } = member;
    turn.putMember({
      ...member,
      revokingEpoch: null,
      classic: classic === null ? null : { ...classic, isAwaited: false },
    });
    turn.restartSession({ ...member, classic: null });
    if (member.state === 'UNREVOKED_PARTITIONS') turn.startRevocation(member.memberId);
  }
  return turn;
}

function loadClassic({ groupId, settings }: Coordinator, group: ClassicGroup): GroupTurn {
  const { persisted } = group;
  const turn = new GroupTurn(newGroup(groupId), settings);
  if (persisted !== null) {
    const { generationId, protocolName, leaderId, members } = persisted;
    turn.set({ generationId, protocolName, leaderId, persisted });
    for (const member of members.values()) {
      turn.putMember({
        ...member,
        protocols: member.protocols.filter(({ name }) => name === protocolName),
        awaitingJoin: null,
        awaitingSync: null,
        isPendingSync: false,
        isNew: false,
      });
      turn.mapStatic(member.groupInstanceId, member.memberId);
      turn.restartSession(member);
    }
    if (members.size > 0) turn.moveTo('Stable', 'the coordinator has loaded it from its log');
    if (members.size > settings.maxSize) prepareRebalance(turn, 'the group is larger than allowed');
  }
  return turn;
}

/**
 * What a coordinator that still loads answers; null for what it can answer already. A heartbeat is
 * blindly taken for good, so that nobody leaves for nothing.
 *
 * Source: GroupCoordinatorService#heartbeat: CoordinatorLoadInProgressException is swallowed.
 */
export function refusalWhileLoading(request: GroupRequest): GroupResponse | null {
  if (request.type === 'FindCoordinatorRequest') return null;
  const isHeartbeat = request.type === 'HeartbeatRequest';
  return refused(request, isHeartbeat ? 'NONE' : 'COORDINATOR_LOAD_IN_PROGRESS');
}
