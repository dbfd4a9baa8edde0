import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberTurn, Thrown } from './member.ts';

/** poll() hands an error over; the application ends where it cannot go on. */
export function report(turn: MemberTurn, { exception, message, isFatal }: Thrown): void {
  turn.note({ kind: 'memberError', exception, message });
  if (isFatal) turn.raise({ type: 'THROWN' });
}

/** As the client names it. Kafka's exceptions: FENCED_INSTANCE_ID is FencedInstanceIdException. */
export function errorFor(turn: MemberTurn, errorCode: ErrorCode): Thrown {
  const isThrown = turn.config.profile.errors === 'thrown';
  const words = errorCode.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return {
    exception: isThrown ? `${words.join('')}Exception` : errorCode,
    message: `The coordinator answered ${errorCode}.`,
    isFatal: isThrown || errorCode === 'FENCED_INSTANCE_ID',
  };
}
