import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 30_000;
const BETWEEN_LOOKS_MS = 100;

/**
 * Looks until there is something, and gives it.
 *
 * @param look null, undefined or false while there is not.
 * @throws Error that says what was waited for.
 */
export async function until<Found>(
  what: string,
  look: () => Found | Promise<Found>,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<Found, null | undefined | false>> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) {
      return found as Exclude<Found, null | undefined | false>;
    }
    if (Date.now() > endMs) throw new Error(`after ${deadlineMs} ms still not: ${what}`);
    await sleep(BETWEEN_LOOKS_MS);
  }
}
