import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { ConsumerGroupHeartbeatResponse, JoinGroupResponse } from '../protocol/messages.ts';

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
