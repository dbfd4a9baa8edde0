import { errorCodeOf } from '../../engine/index.ts';
import type { Printed, PrintedBody } from './printed.ts';

/** A request and its answer, as a recording spells them. */
export interface Exchange {
  readonly clientId: string | null;
  readonly api: string;
  readonly version: number;
  readonly request: PrintedBody;
  readonly response: PrintedBody;
  /** Error codes in the answer other than NONE, by name where the group APIs have one. */
  readonly errors: readonly string[];
  /** When the request came, in epoch milliseconds. */
  readonly startedMs: number;
  /** How long the broker held the answer. */
  readonly tookMs: number;
}

/** The errors of a body, one for each place. */
export function errorsIn(value: Printed): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]: [string, Printed]) =>
    key === 'errorCode' && typeof part === 'number' ? nameOf(part) : errorsIn(part),
  );
}

const nameOf = (code: number): readonly string[] =>
  code === 0 ? [] : [errorCodeOf(code) ?? String(code)];
