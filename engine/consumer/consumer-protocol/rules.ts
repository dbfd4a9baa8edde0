import { findCoordinator } from '../find-coordinator.ts';
import type { ProtocolRules } from '../protocol-rules.ts';
import { carryOut } from './actions.ts';
import { commitAgain, commitSync, onOffsetCommitResponse } from './commits.ts';
import {
  onHeartbeatDue,
  onPollMissed,
  onHeartbeatLost,
  onHeartbeatResponse,
  sendDueHeartbeat,
  update,
} from './heartbeats.ts';
import { finishClosing } from './leaving.ts';
import { poll } from './poll.ts';
import { acknowledgeUnchanged, restartAutoCommit } from './reconciliation.ts';

/** Members of the consumer protocol, KIP-848. Source: AsyncKafkaConsumer and its managers. */
export const CONSUMER_PROTOCOL_RULES: ProtocolRules = {
  carryOut,
  goOn: (turn) => {
    acknowledgeUnchanged(turn);
    poll(turn);
    sendDueHeartbeat(turn);
  },
  onReady: (turn) => {
    update(turn, { isSubscriptionNew: true });
    restartAutoCommit(turn);
  },
  onHeartbeatDue,
  onPollTimeout: (turn) => {
    update(turn, { isPollExpired: true });
  },
  onPollMissed,
  onRetry: (turn) => {
    commitAgain(turn);
  },
  onCoordinatorFound: (turn) => {
    commitAgain(turn);
  },
  onResponse: (turn, { request }, correlationId, message) => {
    if (message.type === 'OffsetCommitResponse') {
      onOffsetCommitResponse(turn, correlationId, message);
      return;
    }
    const isHeartbeat =
      request.type === 'ConsumerGroupHeartbeatRequest' &&
      message.type === 'ConsumerGroupHeartbeatResponse';
    if (!isHeartbeat) {
      throw new Error(`bug: a member of the consumer protocol was answered with ${message.type}`);
    }
    if (request.memberEpoch < 0) finishClosing(turn);
    else onHeartbeatResponse(turn, request, message);
  },
  onDisconnected: (turn, request, correlationId) => {
    if (request.type === 'OffsetCommitRequest') {
      onOffsetCommitResponse(turn, correlationId, { errorCode: 'COORDINATOR_NOT_AVAILABLE' });
    } else if (request.type !== 'ConsumerGroupHeartbeatRequest') {
      throw new Error(`bug: a member of the consumer protocol has sent ${request.type}`);
    } else if (request.memberEpoch < 0) finishClosing(turn);
    else {
      onHeartbeatLost(turn);
      findCoordinator(turn);
    }
  },
  commitSync,
  onSubscribed: (turn) => {
    update(turn, { isSubscriptionNew: true });
    if (turn.membershipState === 'unsubscribed') turn.raise({ type: 'SUBSCRIBE' });
  },
  // Logs that the call does nothing under this protocol. Source: AsyncKafkaConsumer#enforceRebalance.
  enforceRebalance: () => undefined,
};
