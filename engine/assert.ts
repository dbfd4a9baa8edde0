/** Stops at a bug: `claim` says what was found instead of what must hold. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`bug: ${claim}`);
}

/** Ends a `switch` over a union; the compiler refuses it while a case is missing. */
export function unreachable(value: never, where: string): never {
  throw new Error(`bug: ${where} met ${JSON.stringify(value)}`);
}

/** The value, which is known to be there; `what` names it in the error when it is not. */
export function existing<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`bug: there is no ${what}`);
  return value;
}
