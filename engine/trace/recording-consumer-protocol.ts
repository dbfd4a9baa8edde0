import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../protocol/messages.ts';
import type { Exchange } from './wire-bodies.ts';

/** A state of `consumerProtocolMachine`, and the machine's event that leads there. */
export interface Move {
  readonly to: string;
  readonly event: string;
}

/**
 * For each epoch of a consumer group the index of the last of these exchanges in which a member reached
 * it, was told what to own in it, or acknowledged that.
 */
export function lastOfEpochs(exchanges: readonly (Exchange | null)[]): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  const reached = new Map<string, number>();
  let newestEpoch = 0;
  for (const [index, exchange] of exchanges.entries()) {
    if (exchange?.request.type !== 'ConsumerGroupHeartbeatRequest') continue;
    const { request, response } = exchange;
    if (response.type !== 'ConsumerGroupHeartbeatResponse' || response.memberEpoch <= 0) continue;
    const { memberEpoch, assignment } = response;
    // From then on what is told of an epoch before is told on the way to the next.
    if (memberEpoch < newestEpoch) continue;
    newestEpoch = memberEpoch;
    const isReached = reached.get(request.memberId) !== memberEpoch;
    reached.set(request.memberId, memberEpoch);
    if (isReached || assignment !== null || request.topicPartitions !== null) {
      last.set(memberEpoch, index);
    }
  }
  return last;
}

/** What a member of the consumer protocol must have been through when it sends this. */
export function movesBefore(
  state: string,
  { memberEpoch, topicPartitions }: ConsumerGroupHeartbeatRequest,
): readonly Move[] {
  if (memberEpoch < 0) {
    if (state === 'prepareLeaving') return [{ to: 'leaving', event: 'LEAVE' }];
    return [
      { to: 'leaving', event: 'POLL_TIMEOUT' },
      { to: 'stale', event: 'LEAVE_SENT' },
    ];
  }
  if (memberEpoch === 0) {
    if (state === 'unsubscribed') return [{ to: 'joining', event: 'JOIN' }];
    return state === 'joining' ? [] : [{ to: 'joining', event: 'RELEASED' }];
  }
  if (state !== 'reconciling' || topicPartitions === null) return [];
  return [
    { to: 'acknowledging', event: 'RECONCILED' },
    { to: 'stable', event: 'ACKNOWLEDGED' },
  ];
}

/** What an answer makes of the member that it reaches. */
export function movesAfter(
  state: string,
  { errorCode, assignment }: ConsumerGroupHeartbeatResponse,
): readonly Move[] {
  if (['prepareLeaving', 'leaving', 'stale'].includes(state)) return [];
  switch (errorCode) {
    case 'NONE':
      return assignment === null ? [] : [{ to: 'reconciling', event: 'ASSIGNMENT_CHANGED' }];
    case 'FENCED_MEMBER_EPOCH':
    case 'UNKNOWN_MEMBER_ID':
      return [{ to: 'fenced', event: 'FENCED' }];
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return [];
    default:
      return [{ to: 'fatal', event: 'REFUSED' }];
  }
}
