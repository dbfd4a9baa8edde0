import type { MemberId } from '../../protocol/ids.ts';
import { errorCodeIn, isRequest, type GroupRequest } from '../../protocol/messages.ts';
import type { Trace, TraceEvent } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/**
 * Who was removed from the group is refused: its heartbeats, its SyncGroup and its commits.
 *
 * Listed cases:
 * - A coordinator that still loads takes every heartbeat for good.
 * - One that has loaded goes by its log, in which a member may still be that was removed after.
 * - A commit that names no generation is taken by a group without members.
 */
export const removedMembersAreRefused: Check = (trace) => {
  const removed = new Set<MemberId>();
  let isLoading = false;
  return trace.events.flatMap((event): Breach[] => {
    if (event.kind === 'brokerChanged') {
      isLoading = event.state === 'loading';
      removed.clear();
    }
    if (event.kind === 'groupMember' && event.change === 'removed') removed.add(event.memberId);
    if (event.kind === 'groupMember' && event.change === 'added') removed.delete(event.memberId);
    const memberId = isLoading ? null : takenAsMember(trace, event);
    if (memberId === null || !removed.has(memberId)) return [];
    return [{ step: event.step, found: `${memberId} is no member` }];
  });
};

/** The member whose request an answer takes as one of the group’s. */
function takenAsMember(trace: Trace, event: TraceEvent): MemberId | null {
  if (event.kind !== 'messageSent' || event.answers === null) return null;
  const asked = trace.events[event.answers];
  if (asked?.kind !== 'messageSent' || errorCodeIn(event.message) !== 'NONE') return null;
  const request = asked.message;
  switch (request.type) {
    case 'HeartbeatRequest':
    case 'SyncGroupRequest':
      return request.memberId;
    case 'OffsetCommitRequest':
      return request.generationId === null ? null : request.memberId;
    default:
      return null;
  }
}

/**
 * A JoinGroup that ends the join phase leaves nobody behind: only the rebalance timeout does.
 *
 * Listed cases: it takes the place of a static member, and a group that is full sends it away.
 */
export const joinsWaitForEverybody: Check = (trace) =>
  trace.events.flatMap((event): Breach[] => {
    if (event.kind !== 'groupMember' || event.change !== 'removed' || event.inferred) return [];
    const request = requestThatCaused(trace, event);
    if (request?.type !== 'JoinGroupRequest') return [];
    const { memberId, groupInstanceId } = request;
    const isReplaced = memberId === null && groupInstanceId !== null;
    if (isReplaced || memberId === event.memberId) return [];
    return [{ step: event.step, found: `${event.memberId} is removed by another’s JoinGroup` }];
  });

function requestThatCaused(trace: Trace, { cause }: TraceEvent): GroupRequest | null {
  const arrival = cause === null ? undefined : trace.events[cause];
  if (arrival?.kind !== 'messageDelivered') return null;
  const sent = trace.events[arrival.sentStep];
  return sent?.kind === 'messageSent' && isRequest(sent.message) ? sent.message : null;
}
