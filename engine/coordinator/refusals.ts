import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberId } from '../protocol/ids.ts';
import type {
  ConsumerGroupHeartbeatResponse,
  GroupRequest,
  GroupResponse,
  JoinGroupResponse,
} from '../protocol/messages.ts';

/** The answer to a JoinGroup that does not get in; some name the member id that the joiner has, or gets. */
export const refusedJoin = (
  errorCode: ErrorCode,
  memberId: MemberId | null,
): JoinGroupResponse => ({
  type: 'JoinGroupResponse',
  errorCode,
  generationId: null,
  protocolName: null,
  leader: null,
  memberId,
  skipAssignment: false,
  members: [],
});

/** The answer to a ConsumerGroupHeartbeat that is refused. */
export const refusedConsumerHeartbeat = (errorCode: ErrorCode): ConsumerGroupHeartbeatResponse => ({
  type: 'ConsumerGroupHeartbeatResponse',
  errorCode,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  assignment: null,
});

/**
 * What each API says when a request never comes to its group.
 *
 * @param memberId of a JoinGroup's answer: its own where the request itself is at fault, else none.
 */
export function refused(
  request: GroupRequest,
  errorCode: ErrorCode,
  memberId: MemberId | null = null,
): GroupResponse {
  switch (request.type) {
    case 'FindCoordinatorRequest':
      return { type: 'FindCoordinatorResponse', errorCode };
    case 'HeartbeatRequest':
      return { type: 'HeartbeatResponse', errorCode };
    case 'JoinGroupRequest':
      return refusedJoin(errorCode, memberId);
    case 'SyncGroupRequest':
      return { type: 'SyncGroupResponse', errorCode, assignment: [] };
    case 'LeaveGroupRequest':
      return { type: 'LeaveGroupResponse', errorCode, members: [] };
    case 'OffsetCommitRequest':
      return { type: 'OffsetCommitResponse', errorCode, refused: request.offsets };
    case 'OffsetFetchRequest':
      return { type: 'OffsetFetchResponse', errorCode, offsets: [] };
    case 'ConsumerGroupHeartbeatRequest':
      return refusedConsumerHeartbeat(errorCode);
  }
}
