import { unreachable } from '../assert.ts';
import type { GroupId, MemberId } from '../protocol/ids.ts';
import type { GroupRequest, OffsetCommitRequest } from '../protocol/messages.ts';
import { PersistentMap } from '../persistent-map.ts';
import {
  GroupTurn,
  newGroup,
  refusedConsumerHeartbeat,
  refusedJoin,
  type ClassicGroup,
  type ClassicGroupSettings,
  type GroupEffect,
  type GroupTimer,
  type Parked,
} from './classic-group.ts';
import { refusalWhileLoading } from './failover.ts';
import { onHeartbeat } from './heartbeat.ts';
import { onJoinGroup } from './join-group.ts';
import { onLeaveGroup } from './leave-group.ts';
import { judgeCommit, onOffsetFetch, withCommitted, type CommittedOffsets } from './offsets.ts';
import { onSyncGroup } from './sync-group.ts';
import { onGroupTimer } from './timers.ts';

/** The broker in charge of one group: its members and its committed offsets. */
export interface Coordinator {
  readonly settings: ClassicGroupSettings;
  readonly groupId: GroupId;
  /** Null until the first JoinGroup makes it. */
  readonly group: ClassicGroup | null;
  readonly committed: CommittedOffsets;
  /** It has just become the coordinator, and reads the group from the log. */
  readonly isLoading: boolean;
}

/** A coordinator after a transition, and what the transition asks for, in order. */
export interface CoordinatorStep {
  readonly coordinator: Coordinator;
  readonly effects: readonly GroupEffect[];
}

export const newCoordinator = (groupId: GroupId, settings: ClassicGroupSettings): Coordinator => ({
  settings,
  groupId,
  group: null,
  committed: PersistentMap.empty(),
  isLoading: false,
});

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
): CoordinatorStep {
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
      return answerOnly(coordinator, parked, onOffsetFetch(coordinator.committed, request));
    case 'OffsetCommitRequest':
      return onOffsetCommit(coordinator, request, parked);
    case 'JoinGroupRequest': {
      // Only a join without a member id makes a group; any other member is unknown here.
      const isFounder = coordinator.group === null && request.memberId === null;
      const known = isFounder
        ? { ...coordinator, group: newGroup(coordinator.groupId) }
        : coordinator;
      return inGroup(known, parked, request, (turn) => {
        onJoinGroup(turn, request, parked, freshId);
      });
    }
    case 'SyncGroupRequest':
      return inGroup(coordinator, parked, request, (turn) => {
        onSyncGroup(turn, request, parked);
      });
    case 'HeartbeatRequest':
      return inGroup(coordinator, parked, request, (turn) => {
        onHeartbeat(turn, request, parked);
      });
    case 'LeaveGroupRequest':
      return inGroup(coordinator, parked, request, (turn) => {
        onLeaveGroup(turn, request, parked);
      });
    case 'ConsumerGroupHeartbeatRequest':
      return answerOnly(coordinator, parked, refusedConsumerHeartbeat('UNSUPPORTED_VERSION'));
    default:
      return unreachable(request, 'onRequest');
  }
}

/** One of the coordinator's timers has run out. */
export function onTimer(coordinator: Coordinator, timer: GroupTimer): CoordinatorStep {
  if (coordinator.group === null) return { coordinator, effects: [] };
  const turn = new GroupTurn(coordinator.group, coordinator.settings);
  onGroupTimer(turn, timer);
  return { coordinator: { ...coordinator, group: turn.state }, effects: turn.effects };
}

/** A group that nobody founded answers as an Empty one: the member is unknown. */
function inGroup(
  coordinator: Coordinator,
  parked: Parked,
  request: GroupRequest,
  run: (turn: GroupTurn) => void,
): CoordinatorStep {
  if (coordinator.group === null && request.type === 'JoinGroupRequest') {
    return answerOnly(coordinator, parked, refusedJoin('UNKNOWN_MEMBER_ID', request.memberId));
  }
  const group = coordinator.group ?? newGroup(coordinator.groupId);
  const turn = new GroupTurn(group, coordinator.settings);
  run(turn);
  const isFounded = coordinator.group !== null;
  return {
    coordinator: isFounded ? { ...coordinator, group: turn.state } : coordinator,
    effects: turn.effects,
  };
}

function answerOnly(
  coordinator: Coordinator,
  parked: Parked,
  message: Extract<GroupEffect, { type: 'send' }>['message'],
): CoordinatorStep {
  const { client, correlationId } = parked;
  return { coordinator, effects: [{ type: 'send', to: client, correlationId, message }] };
}

/** An accepted commit is a sign of life; it restarts the session as a heartbeat does. */
function onOffsetCommit(
  coordinator: Coordinator,
  request: OffsetCommitRequest,
  parked: Parked,
): CoordinatorStep {
  const { client, correlationId } = parked;
  const { offsets, memberId } = request;
  const errorCode = judgeCommit(coordinator.group, request);
  const answer: GroupEffect = {
    type: 'send',
    to: client,
    correlationId,
    message: {
      type: 'OffsetCommitResponse',
      errorCode,
      refused: errorCode === 'NONE' ? [] : offsets,
    },
  };
  if (errorCode !== 'NONE') {
    const note = { kind: 'commitRefused', member: client.name, offsets, errorCode } as const;
    return { coordinator, effects: [{ type: 'note', note }, answer] };
  }
  const committed = withCommitted(coordinator.committed, offsets);
  const effects: GroupEffect[] = [
    { type: 'note', note: { kind: 'commitAccepted', member: client.name, offsets } },
  ];
  const member = memberId === null ? undefined : coordinator.group?.members.get(memberId);
  if (member !== undefined) {
    effects.push({
      type: 'startTimer',
      timer: { kind: 'session', memberId: member.memberId },
      afterMs: member.sessionTimeoutMs,
    });
  }
  return { coordinator: { ...coordinator, committed }, effects: [...effects, answer] };
}
