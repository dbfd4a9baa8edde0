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
    exception: isThrown
      ? `${words.join('')}Exception`
      : isFatalTo(turn, errorCode)
        ? '_FATAL'
        : errorCode,
    message: `The coordinator answered ${errorCode}.`,
    isFatal: isThrown,
  };
}

/** A client that reports errors, instead of throwing them, does nothing more after this one. */
const isFatalTo = ({ config }: MemberTurn, errorCode: ErrorCode): boolean =>
  errorCode === 'FENCED_INSTANCE_ID' && config.profile.errors === 'reported';

/**
 * librdkafka is fenced: it takes its partitions off without a call, and neither joins nor commits any more.
 * An application that asks its errors whether they are fatal() ends; those of Python's poll() say no.
 *
 * Source: rdkafka_cgrp.c, rd_kafka_cgrp_handle_Heartbeat, rd_kafka_rebalance_op, version 2.15.
 *
 * @returns whether it is.
 */
export function failForGood(turn: MemberTurn, errorCode: ErrorCode): boolean {
  if (!isFatalTo(turn, errorCode)) return false;
  turn.assign([]);
  turn.set({ isAssigned: false, isRevokedOwed: false, buffer: [] });
  turn.raise({ type: 'FATAL' });
  return true;
}
