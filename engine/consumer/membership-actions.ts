import { commitBeforeRejoin } from './commits.ts';
import { beginClose, leaveGroup } from './leaving.ts';
import type { MembershipAction, MemberTurn } from './member.ts';
import {
  callAssigned,
  callLost,
  callRevoked,
  endProcess,
  join,
  leaveAfterPollTimeout,
  sync,
} from './membership.ts';

/** Carries out what the machine has asked for, and what that makes it ask for in turn. */
export function carryOutActions(turn: MemberTurn): void {
  for (;;) {
    const action = turn.actions.shift();
    if (action === undefined) return;
    carryOut(turn, action);
  }
}

function carryOut(turn: MemberTurn, { name, answer }: MembershipAction): void {
  switch (name) {
    case 'startUp':
      turn.startTimer('startUp', turn.config.profile.startUpMs);
      return;
    case 'sendJoinGroup':
      join(turn);
      return;
    case 'sendSyncGroup':
      sync(turn, answer);
      return;
    case 'retryLater':
      turn.set({ isBackingOff: true });
      turn.startTimer('retry', turn.config.retryBackoffMs);
      return;
    case 'commitBeforeRejoin':
      commitBeforeRejoin(turn);
      return;
    case 'callRevoked':
      callRevoked(turn);
      return;
    case 'callLost':
      callLost(turn);
      return;
    case 'callAssigned':
      callAssigned(turn, answer);
      return;
    case 'leaveSilently':
      leaveAfterPollTimeout(turn);
      return;
    case 'beginClose':
      beginClose(turn);
      return;
    case 'leaveGroup':
      leaveGroup(turn);
      return;
    case 'exit':
      endProcess(turn, 0);
      return;
    case 'throwToApplication':
      endProcess(turn, 1);
      return;
    default:
      throw new Error(`bug: the machine asks for ${name}, which nobody carries out`);
  }
}
