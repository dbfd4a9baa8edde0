import type { GroupMessage } from '../../protocol/messages.ts';
import type { EventOf, TraceEvent } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/**
 * A classic group takes heartbeats, SyncGroup and commits of its own generation only: neither of an
 * older one, nor of one from the future.
 *
 * Listed cases: a coordinator that loads takes every heartbeat for good, and a commit that names no
 * generation belongs to none.
 */
export const otherGenerationsAreRefused: Check = (trace) => {
  // Null while the group is none of the classic protocol, or is only deduced.
  let generation: number | null = null;
  return trace.events.flatMap((event): Breach[] => {
    if (event.kind === 'groupState') generation = isClassic(event) ? event.generationId : null;
    if (UNKNOWN_AFTER.includes(event.kind)) generation = null;
    if (generation === null || event.kind !== 'messageSent') return [];
    const asked = event.answers === null ? undefined : trace.events[event.answers];
    const sent = asked?.kind === 'messageSent' ? generationOf(asked.message) : null;
    if (sent === null || sent === generation || !isTaken(event.message)) return [];
    return [{ step: event.step, found: `${sent} is taken in generation ${generation}` }];
  });
};

/** A consumer group has no leader, and no such states. */
const isClassic = ({ to, leader, inferred }: EventOf<'groupState'>): boolean =>
  !inferred && (leader !== null || to === 'PreparingRebalance' || to === 'CompletingRebalance');

const UNKNOWN_AFTER: readonly TraceEvent['kind'][] = [
  'brokerChanged',
  'groupEpoch',
  'targetAssignment',
  'memberReconciled',
];

function generationOf(message: GroupMessage): number | null {
  switch (message.type) {
    case 'HeartbeatRequest':
    case 'SyncGroupRequest':
    case 'OffsetCommitRequest':
      return message.generationId;
    default:
      return null;
  }
}

const isTaken = (message: GroupMessage): boolean =>
  'errorCode' in message &&
  (message.errorCode === 'NONE' ||
    (message.type === 'HeartbeatResponse' && message.errorCode === 'REBALANCE_IN_PROGRESS'));
