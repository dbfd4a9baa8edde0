import { commitAgain, commitSync, isCommitWaiting, onCommitUnavailable } from './commits.ts';
import { onOffsetCommitResponse } from './commits.ts';
import {
  UNAVAILABLE,
  crashInFirstJoin,
  findCoordinator,
  onCoordinatorUnavailable,
} from './find-coordinator.ts';
import {
  onHeartbeatDue,
  onHeartbeatResponse,
  onPollTimeout,
  resumeHeartbeats,
} from './heartbeats.ts';
import { finishClosing, resumeClose } from './leaving.ts';
import type { MemberTurn } from './member.ts';
import { join, onJoinGroupResponse, onSyncGroupResponse, onToldToRejoin } from './membership.ts';
import { carryOut } from './membership-actions.ts';
import { poll } from './poll-loop.ts';
import type { ProtocolRules } from './protocol-rules.ts';

/** Members of the classic protocol. Source: AbstractCoordinator, ConsumerCoordinator. */
export const CLASSIC_RULES: ProtocolRules = {
  carryOut,
  goOn: poll,
  onReady: () => undefined,
  onHeartbeatDue,
  onPollTimeout,
  onPollMissed: onPollTimeout,
  onRetry: (turn) => {
    resumeClose(turn);
    joinIfWaiting(turn);
    if (!needsCoordinator(turn)) return;
    if (turn.state.isCoordinatorKnown) commitAgain(turn);
    else findCoordinator(turn);
  },
  onCoordinatorFound: (turn) => {
    resumeClose(turn);
    joinIfWaiting(turn);
    resumeHeartbeats(turn);
    commitAgain(turn);
  },
  onResponse: (turn, sent, correlationId, message) => {
    switch (message.type) {
      case 'JoinGroupResponse':
        if (turn.hasAskedAgain('JoinGroupRequest', correlationId) || endsHoldUp(turn)) return;
        if (UNAVAILABLE.includes(message.errorCode)) onCoordinatorUnavailable(turn);
        onJoinGroupResponse(turn, message);
        return;
      case 'SyncGroupResponse':
        if (turn.hasAskedAgain('SyncGroupRequest', correlationId) || endsHoldUp(turn)) return;
        if (UNAVAILABLE.includes(message.errorCode)) onCoordinatorUnavailable(turn);
        onSyncGroupResponse(turn, message);
        return;
      case 'HeartbeatResponse':
        onHeartbeatResponse(turn, sent, message.errorCode);
        return;
      case 'LeaveGroupResponse':
        if (turn.membershipState === 'leaving') finishClosing(turn);
        return;
      case 'OffsetCommitResponse':
        onOffsetCommitResponse(turn, sent, correlationId, message.errorCode);
        return;
      default:
        throw new Error(`bug: a classic member was answered with ${message.type}`);
    }
  },
  onDisconnected: (turn, request, correlationId) => {
    const errorCode = 'COORDINATOR_NOT_AVAILABLE';
    switch (request.type) {
      case 'JoinGroupRequest':
        if (endsHoldUp(turn) || turn.membershipState !== 'joining') return;
        crashInFirstJoin(turn);
        turn.set({ joinReason: DISCONNECTED });
        turn.raise({ type: 'JOIN_ANSWERED', errorCode });
        return;
      case 'SyncGroupRequest':
        if (endsHoldUp(turn) || turn.membershipState !== 'syncing') return;
        crashInFirstJoin(turn);
        turn.set({ joinReason: DISCONNECTED });
        turn.raise({ type: 'SYNC_ANSWERED', errorCode, owes: null, fits: true });
        return;
      case 'HeartbeatRequest':
        turn.set({ isHeartbeatDue: true });
        findCoordinator(turn);
        return;
      case 'OffsetCommitRequest':
        turn.forgetCommit(request.offsets);
        onCommitUnavailable(turn, correlationId);
        return;
      case 'LeaveGroupRequest':
        if (turn.membershipState === 'leaving') finishClosing(turn);
        return;
      default:
        throw new Error(`bug: a classic member has sent ${request.type}`);
    }
  },
  commitSync,
  onSubscribed: (turn) => {
    if (turn.membershipState === 'unsubscribed') turn.raise({ type: 'SUBSCRIBE' });
  },
  enforceRebalance: (turn) => {
    onToldToRejoin(turn, 'rebalance enforced by user');
  },
};

const DISCONNECTED = 'rebalance failed due to DisconnectException';

/**
 * A join that the member has given up is answered, whatever the answer: the next one, which waited for
 * it, is made.
 *
 * Source: AbstractCoordinator#initiateJoinGroup, joinFuture.
 */
function endsHoldUp(turn: MemberTurn): boolean {
  if (!turn.state.isJoinHeldUp) return false;
  turn.set({ isJoinHeldUp: false });
  joinIfWaiting(turn);
  return true;
}

/** A join that has waited for something goes on. */
function joinIfWaiting(turn: MemberTurn): void {
  if (turn.membershipState === 'joining' && !turn.isAsking('JoinGroupRequest')) join(turn);
}

/** Somebody waits for the coordinator besides the join that poll() makes: heartbeats, commits. */
const needsCoordinator = (turn: MemberTurn): boolean =>
  turn.state.isHeartbeatDue || turn.state.isPollOver || isCommitWaiting(turn);
