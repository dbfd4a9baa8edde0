import { errorCodeIn, isRequest, type GroupMessage } from '../protocol/messages.ts';
import type { TimerKind } from './events.ts';

const QUIET_APIS = /^(FindCoordinator|OffsetFetch|OffsetCommit|Heartbeat|ConsumerGroupHeartbeat)/;

/**
 * Whether a message is part of a change of the group: joining, syncing, leaving, what is to be owned
 * from now on. Of heartbeats, commits and the like only what is refused.
 */
export function hasNews(message: GroupMessage): boolean {
  if (!QUIET_APIS.test(message.type)) return true;
  if (message.type === 'ConsumerGroupHeartbeatRequest') {
    return message.topicPartitions !== null || message.memberEpoch <= 0;
  }
  if (message.type === 'ConsumerGroupHeartbeatResponse' && message.assignment !== null) return true;
  return !isRequest(message) && errorCodeIn(message) !== 'NONE';
}

/** Clocks that bring something about when they run out; the others only keep things going. */
export const RINGING_CLOCKS: ReadonlySet<TimerKind> = new Set([
  'session',
  'ownSession',
  'poll',
  'initialDelay',
  'rebalanceTimeout',
  'syncTimeout',
  'newMember',
  'pendingMember',
  'revocationTimeout',
  'memberJoinTimeout',
  'memberSyncTimeout',
]);
