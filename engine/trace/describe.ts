import type { GroupMessage } from '../protocol/messages.ts';
import type { Trace } from './events.ts';

/** One sentence that says what happened at a step. */
export function describe(_trace: Trace, _step: number): string {
  throw new Error('not yet');
}

/** A short label: `JoinGroup`, `JoinGroup: MEMBER_ID_REQUIRED`, `Heartbeat: REBALANCE_IN_PROGRESS`. */
export function describeMessage(_message: GroupMessage): string {
  throw new Error('not yet');
}
