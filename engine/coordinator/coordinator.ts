import { unreachable } from '../assert.ts';
import type { MemberId } from '../protocol/ids.ts';
import type {
  ConsumerGroupHeartbeatRequest,
  GroupRequest,
  GroupResponse,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetFetchRequest,
  SyncGroupRequest,
} from '../protocol/messages.ts';
import { GroupTurn, newGroup } from './classic-group.ts';
import { refusalOfForm } from './checks.ts';
import * as classicMembers from './consumer-group/classic-members.ts';
import { canUpgrade, downgraded, upgrade } from './consumer-group/conversion.ts';
import {
  ConsumerGroupTurn,
  newConsumerGroup,
  type ConsumerGroup,
} from './consumer-group/consumer-group.ts';
import { onConsumerGroupHeartbeat } from './consumer-group/heartbeat.ts';
import * as leavingConsumers from './consumer-group/leaving.ts';
import { judgeConsumerCommit, judgeConsumerFetch } from './consumer-group/offsets.ts';
import { onConsumerGroupTimer } from './consumer-group/timers.ts';
import type { GroupEffect, GroupTimer, Parked } from './effects.ts';
import { refusalWhileLoading } from './failover.ts';
import { onHeartbeat } from './heartbeat.ts';
import { onJoinGroup } from './join-group.ts';
import { onLeaveGroup } from './leave-group.ts';
import { judgeCommit, onOffsetFetch, withCommitted } from './offsets.ts';
import { refused, refusedConsumerHeartbeat, refusedJoin } from './refusals.ts';
import type { Coordinator, CoordinatorStep } from './state.ts';
import { onSyncGroup } from './sync-group.ts';
import { onGroupTimer } from './timers.ts';

/** Requests that a group itself takes. */
type MemberRequest =
  | JoinGroupRequest
  | SyncGroupRequest
  | HeartbeatRequest
  | LeaveGroupRequest
  | ConsumerGroupHeartbeatRequest;

/**
 * Takes one request of a member.
 *
 * @param freshId the id to hand out should the request come from a newcomer.
 */
export function onRequest(
  coordinator: Coordinator,
  request: GroupRequest,
  parked: Parked,
  freshId: MemberId,
  nowMs: number,
): CoordinatorStep {
  const faulty = refusalOfForm(request, coordinator.settings);
  if (faulty !== null) return answerOnly(coordinator, parked, faulty);
  if (coordinator.isLoading) {
    const message = refusalWhileLoading(request);
    if (message !== null) return answerOnly(coordinator, parked, message);
  }
  switch (request.type) {
    case 'FindCoordinatorRequest':
      return answerOnly(coordinator, parked, {
        type: 'FindCoordinatorResponse',
        errorCode: 'NONE',
      });
    case 'OffsetFetchRequest':
      return answerOnly(coordinator, parked, fetchOffsets(coordinator, request));
    case 'OffsetCommitRequest':
      return onOffsetCommit(coordinator, request, parked);
    case 'ConsumerGroupHeartbeatRequest':
      return toConsumerGroup(coordinator, request, parked, nowMs);
    default:
      return coordinator.group?.protocol === 'consumer'
        ? fromClassicMember(coordinator, coordinator.group, request, parked, freshId, nowMs)
        : toClassicGroup(coordinator, request, parked, freshId);
  }
}

/** One of the coordinator's timers has run out. */
export function onTimer(
  coordinator: Coordinator,
  timer: GroupTimer,
  nowMs: number,
): CoordinatorStep {
  const { group } = coordinator;
  if (group === null) return { coordinator, effects: [] };
  if (group.protocol === 'consumer') {
    return inConsumerGroup(coordinator, group, nowMs, (turn) => {
      onConsumerGroupTimer(turn, timer);
    });
  }
  const turn = new GroupTurn(group, coordinator.settings);
  onGroupTimer(turn, timer);
  return ended(coordinator, turn);
}

const ended = (coordinator: Coordinator, turn: GroupTurn): CoordinatorStep => ({
  coordinator: { ...coordinator, group: turn.state },
  effects: turn.effects,
});

// ---- classic groups -------------------------------------------------------------------------

/** A group that nobody founded answers as an Empty one: the member is unknown. */
function toClassicGroup(
  coordinator: Coordinator,
  request: Exclude<MemberRequest, ConsumerGroupHeartbeatRequest>,
  parked: Parked,
  freshId: MemberId,
): CoordinatorStep {
  const { group, groupId, settings } = coordinator;
  const known = group?.protocol === 'classic' ? group : null;
  // Only a join without a member id makes a group; any other member is unknown here.
  const isJoin = request.type === 'JoinGroupRequest';
  if (known === null && isJoin && request.memberId !== null) {
    return answerOnly(coordinator, parked, refusedJoin('UNKNOWN_MEMBER_ID', request.memberId));
  }
  const turn = new GroupTurn(known ?? newGroup(groupId), settings);
  switch (request.type) {
    case 'JoinGroupRequest':
      onJoinGroup(turn, request, parked, freshId);
      break;
    case 'SyncGroupRequest':
      onSyncGroup(turn, request, parked);
      break;
    case 'HeartbeatRequest':
      onHeartbeat(turn, request, parked);
      break;
    case 'LeaveGroupRequest':
      onLeaveGroup(turn, request, parked);
      break;
    default:
      unreachable(request, 'toClassicGroup');
  }
  return known === null && !isJoin
    ? { coordinator, effects: turn.effects }
    : ended(coordinator, turn);
}

// ---- consumer groups ------------------------------------------------------------------------

/** Runs a transition of a consumer group, which may make a classic group of it. */
function inConsumerGroup(
  coordinator: Coordinator,
  group: ConsumerGroup,
  nowMs: number,
  run: (turn: ConsumerGroupTurn) => void,
): CoordinatorStep {
  const { settings, topics } = coordinator;
  const turn = new ConsumerGroupTurn(group, settings, topics, nowMs);
  run(turn);
  if (turn.downgrading === null) {
    return { coordinator: { ...coordinator, group: turn.state }, effects: turn.effects };
  }
  const classic = downgraded(turn, turn.downgrading);
  return {
    coordinator: { ...coordinator, group: classic.state },
    effects: [...turn.effects, ...classic.effects],
  };
}

/**
 * A heartbeat of the consumer protocol; one that joins may make the group, or make a consumer group
 * of a classic one.
 *
 * Source: GroupMetadataManager#consumerGroupHeartbeat, #getOrMaybeCreateConsumerGroup.
 */
function toConsumerGroup(
  coordinator: Coordinator,
  request: ConsumerGroupHeartbeatRequest,
  parked: Parked,
  nowMs: number,
): CoordinatorStep {
  const { group, groupId, settings, topics } = coordinator;
  const take = (known: ConsumerGroup): CoordinatorStep =>
    inConsumerGroup(coordinator, known, nowMs, (turn) => {
      if (request.memberEpoch < 0) leavingConsumers.onLeavingHeartbeat(turn, request, parked);
      else onConsumerGroupHeartbeat(turn, request, parked);
    });
  if (group?.protocol === 'consumer') return take(group);
  const isFree = group === null || group.state === 'Empty';
  if (request.memberEpoch === 0 && isFree) return take(newConsumerGroup(groupId));
  if (request.memberEpoch !== 0 || isFree || !canUpgrade(group, settings.consumer)) {
    return answerOnly(coordinator, parked, refusedConsumerHeartbeat('GROUP_ID_NOT_FOUND'));
  }
  const classic = new GroupTurn(group, settings);
  const upgraded = upgrade(classic, topics, settings.consumer);
  if (typeof upgraded === 'string') {
    classic.answer(parked, refusedConsumerHeartbeat(upgraded));
    return ended(coordinator, classic);
  }
  const step = take(upgraded);
  return { ...step, effects: [...classic.effects, ...step.effects] };
}

/** A request of the classic protocol to a consumer group; an Empty one makes room for a classic. */
function fromClassicMember(
  coordinator: Coordinator,
  group: ConsumerGroup,
  request: Exclude<MemberRequest, ConsumerGroupHeartbeatRequest>,
  parked: Parked,
  freshId: MemberId,
  nowMs: number,
): CoordinatorStep {
  if (request.type === 'JoinGroupRequest' && group.members.size === 0) {
    return toClassicGroup({ ...coordinator, group: null }, request, parked, freshId);
  }
  return inConsumerGroup(coordinator, group, nowMs, (turn) => {
    switch (request.type) {
      case 'JoinGroupRequest':
        classicMembers.onJoinGroup(turn, request, parked, freshId);
        return;
      case 'SyncGroupRequest':
        classicMembers.onSyncGroup(turn, request, parked);
        return;
      case 'HeartbeatRequest':
        classicMembers.onHeartbeat(turn, request, parked);
        return;
      case 'LeaveGroupRequest':
        leavingConsumers.onLeaveGroup(turn, request, parked);
        return;
      default:
        unreachable(request, 'fromClassicMember');
    }
  });
}

function answerOnly(
  coordinator: Coordinator,
  { client, correlationId }: Parked,
  message: GroupResponse,
): CoordinatorStep {
  return { coordinator, effects: [{ type: 'send', to: client, correlationId, message }] };
}

// ---- offsets --------------------------------------------------------------------------------

function fetchOffsets(
  { group, committed }: Coordinator,
  request: OffsetFetchRequest,
): GroupResponse {
  const errorCode = group?.protocol === 'consumer' ? judgeConsumerFetch(group, request) : 'NONE';
  if (errorCode === 'NONE') return onOffsetFetch(committed, request);
  return { type: 'OffsetFetchResponse', errorCode, offsets: [] };
}

/** In a classic group an accepted commit is a sign of life; it restarts the session as a heartbeat does. */
function onOffsetCommit(
  coordinator: Coordinator,
  request: OffsetCommitRequest,
  { client, correlationId }: Parked,
): CoordinatorStep {
  const { group, settings } = coordinator;
  const { memberId, offsets } = request;
  const errorCode =
    group?.protocol === 'consumer'
      ? judgeConsumerCommit(group, request)
      : judgeCommit(group, request);
  const member = client.name;
  const send = { type: 'send', to: client, correlationId } as const;
  if (errorCode !== 'NONE') {
    const note = { kind: 'commitRefused', member, offsets, errorCode } as const;
    return {
      coordinator,
      effects: [
        { type: 'note', note },
        { ...send, message: refused(request, errorCode) },
      ],
    };
  }
  const effects: GroupEffect[] = [
    { type: 'note', note: { kind: 'commitAccepted', member, offsets } },
  ];
  const known =
    group?.protocol === 'classic' && memberId !== null ? group.members.get(memberId) : undefined;
  if (group?.protocol === 'classic' && known !== undefined) {
    const turn = new GroupTurn(group, settings);
    turn.restartSession(known);
    effects.push(...turn.effects);
  }
  effects.push({ ...send, message: { type: 'OffsetCommitResponse', errorCode, refused: [] } });
  const committed = withCommitted(coordinator.committed, offsets);
  return { coordinator: { ...coordinator, committed }, effects };
}
