import type { ErrorCode } from '../protocol/error-codes.ts';
import type { GroupRequest, GroupResponse } from '../protocol/messages.ts';
import { judgeHeartbeat } from './consumer-group/heartbeat.ts';
import { refused } from './refusals.ts';
import type { CoordinatorSettings } from './settings.ts';

/**
 * What is wrong with a request in itself, whatever its group, and even while that is loading; null
 * when nothing is.
 *
 * Source: GroupCoordinatorService, the beginning of each of its methods, Kafka 4.3.1.
 */
export function refusalOfForm(
  request: GroupRequest,
  settings: CoordinatorSettings,
): GroupResponse | null {
  const errorCode = judge(request, settings);
  if (errorCode === 'NONE') return null;
  return refused(request, errorCode, request.type === 'JoinGroupRequest' ? request.memberId : null);
}

function judge(request: GroupRequest, settings: CoordinatorSettings): ErrorCode {
  switch (request.type) {
    case 'JoinGroupRequest':
      if (isNameless(request)) return 'INVALID_GROUP_ID';
      return isBetween(request.sessionTimeoutMs, settings) ? 'NONE' : 'INVALID_SESSION_TIMEOUT';
    case 'SyncGroupRequest':
    case 'HeartbeatRequest':
    case 'LeaveGroupRequest':
      return isNameless(request) ? 'INVALID_GROUP_ID' : 'NONE';
    case 'ConsumerGroupHeartbeatRequest':
      return judgeHeartbeat(request, settings.consumer);
    case 'FindCoordinatorRequest':
    case 'OffsetCommitRequest':
    case 'OffsetFetchRequest':
      // Offsets may be kept under an empty group id, as very old consumers did.
      return 'NONE';
  }
}

const isNameless = ({ groupId }: GroupRequest): boolean => groupId === '';

const isBetween = (
  sessionTimeoutMs: number,
  { minSessionTimeoutMs, maxSessionTimeoutMs }: CoordinatorSettings,
): boolean => sessionTimeoutMs >= minSessionTimeoutMs && sessionTimeoutMs <= maxSessionTimeoutMs;
