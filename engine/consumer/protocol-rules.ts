import type { GroupRequest, GroupResponse } from '../protocol/messages.ts';
import type { MembershipAction, MemberTurn, SentRequest } from './member.ts';

/**
 * What a member does in its own way under each group protocol. The rest is the same for all: its
 * process, the application thread, metadata, positions, records.
 */
export interface ProtocolRules {
  /** Carries out what the machine has asked for by name. */
  readonly carryOut: (turn: MemberTurn, action: MembershipAction) => void;
  /** The process is up and subscribed. */
  readonly onReady: (turn: MemberTurn) => void;
  /** What poll() does, if the application is in it, and what goes on beside it. */
  readonly goOn: (turn: MemberTurn) => void;
  readonly onHeartbeatDue: (turn: MemberTurn) => void;
  /** max.poll.interval.ms is over. */
  readonly onPollTimeout: (turn: MemberTurn) => void;
  /** It is over, and what is found first when the process thaws. */
  readonly onPollMissed: (turn: MemberTurn) => void;
  /** A back-off is over. */
  readonly onRetry: (turn: MemberTurn) => void;
  readonly onCoordinatorFound: (turn: MemberTurn) => void;
  /** An answer of an API that takes part in membership, or to a commit. */
  readonly onResponse: (
    turn: MemberTurn,
    sent: SentRequest,
    correlationId: number,
    message: GroupResponse,
  ) => void;
  /** The connection broke before the answer to this request came; the coordinator is forgotten. */
  readonly onDisconnected: (turn: MemberTurn, request: GroupRequest, correlationId: number) => void;
  /** commitSync() of the application. */
  readonly commitSync: (turn: MemberTurn) => void;
  /** subscribe() of the application, with what it is subscribed to from now on. */
  readonly onSubscribed: (turn: MemberTurn) => void;
  readonly enforceRebalance: (turn: MemberTurn) => void;
}
