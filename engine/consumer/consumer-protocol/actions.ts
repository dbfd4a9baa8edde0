import type { MembershipAction, MemberTurn } from '../member.ts';
import { endProcess } from '../membership.ts';
import { sendLeave } from './heartbeats.ts';
import { beginClose, finishClosing, releaseAll } from './leaving.ts';
import { beginRelease } from './reconciliation.ts';

/** Carries out what `consumerProtocolMachine` asks for by name. */
export function carryOut(turn: MemberTurn, { name, from }: MembershipAction): void {
  switch (name) {
    case 'startUp':
      turn.startTimer('startUp', turn.config.profile.startUpMs);
      return;
    case 'beginRelease':
    case 'giveUp':
      beginRelease(turn);
      return;
    case 'beginClose':
      beginClose(turn, from, false);
      return;
    case 'closeAfterError':
      beginClose(turn, from, true);
      return;
    case 'releaseAll':
      releaseAll(turn, from);
      return;
    case 'sendLeave':
      if (!sendLeave(turn, reasonToLeave(turn))) finishClosing(turn);
      return;
    case 'pollAgain':
      turn.set({ application: { doing: 'polling' } });
      return;
    case 'exit':
      endProcess(turn, 0);
      return;
    case 'exitFailed':
      endProcess(turn, 1);
      return;
    default:
      throw new Error(`bug: nobody carries out ${name}`);
  }
}

function reasonToLeave(turn: MemberTurn): 'pollTimeout' | 'unsubscribe' | 'close' {
  const { doing } = turn.state.application;
  if (doing === 'closing') return 'close';
  return doing === 'idling' ? 'unsubscribe' : 'pollTimeout';
}
