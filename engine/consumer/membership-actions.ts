import { commitBeforeRejoin } from './commits.ts';
import { beginClose, beginUnsubscribe, leaveGroup, serveUnsubscribe } from './leaving.ts';
import type { MembershipAction, MemberTurn } from './member.ts';
import {
  beginSync,
  callAssigned,
  callLost,
  callRevoked,
  callRevokedAfterSync,
  endProcess,
  join,
  leaveAfterPollTimeout,
  throwToApplication,
} from './membership.ts';

/** Carries out what `memberMachine` asks for by name. */
export function carryOut(turn: MemberTurn, { name, answer, from }: MembershipAction): void {
  switch (name) {
    case 'startUp':
      turn.startTimer('startUp', turn.config.profile.startUpMs);
      return;
    case 'sendJoinGroup':
      join(turn);
      return;
    case 'sendSyncGroup':
      beginSync(turn, answer);
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
    case 'callRevokedAfterSync':
      callRevokedAfterSync(turn);
      return;
    case 'callLost':
      callLost(turn);
      return;
    case 'callAssigned':
      callAssigned(turn);
      return;
    case 'leaveSilently':
      leaveAfterPollTimeout(turn, from);
      return;
    case 'leaveAtOnce':
      beginUnsubscribe(turn, from);
      return;
    case 'pollAgain':
      turn.set({ application: { doing: 'polling' } });
      serveUnsubscribe(turn);
      return;
    case 'closeAfterError':
      beginClose(turn, from, true);
      return;
    case 'beginClose':
      beginClose(turn, from, false);
      return;
    case 'leaveGroup':
      leaveGroup(turn);
      return;
    case 'exit':
      endProcess(turn, 0);
      return;
    case 'exitFailed':
      endProcess(turn, 1);
      return;
    case 'throwToApplication':
      throwToApplication(turn, answer);
      return;
    default:
      throw new Error(`bug: the machine asks for ${name}, which nobody carries out`);
  }
}
