import type { Trace } from '../../engine/index.ts';

/** Colours of the Okabe-Ito set; members beyond them take the same with a pattern. */
const COLOUR_COUNT = 8;

/** How a member is told apart beside its name: a colour, and a pattern when colours run out. */
export interface MemberMark {
  readonly fill: string;
  readonly on: string;
  readonly isPatterned: boolean;
}

export function markOf(
  scenario: { readonly members: readonly { readonly name: string }[] },
  name: string,
): MemberMark {
  const index = Math.max(
    0,
    scenario.members.findIndex((member) => member.name === name),
  );
  const colour = index % COLOUR_COUNT;
  return {
    fill: `var(--member-${colour})`,
    on: `var(--on-${colour})`,
    isPatterned: index >= COLOUR_COUNT,
  };
}

/** A state's group of colour; its word is always beside it. */
export type Tone = 'join' | 'stable' | 'revoke' | 'lost' | 'gone';

export function toneOf(state: string): Tone {
  switch (state) {
    case 'starting':
    case 'unjoined':
    case 'joining':
    case 'syncing':
    case 'retrying':
    case 'assigning':
    case 'reconciling':
    case 'acknowledging':
    case 'Assigning':
    case 'Reconciling':
    case 'PreparingRebalance':
    case 'CompletingRebalance':
      return 'join';
    case 'stable':
    case 'Stable':
      return 'stable';
    case 'rejoinNeeded':
    case 'committing':
    case 'revoking':
    case 'givingUp':
    case 'prepareLeaving':
    case 'leaving':
      return 'revoke';
    case 'lost':
    case 'losing':
    case 'fenced':
    case 'stale':
    case 'fatal':
    case 'failed':
    case 'crashed':
      return 'lost';
    default:
      return 'gone';
  }
}

/** `13.2 s`; below a second in milliseconds. Number and unit stay on one line. */
export function printMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}\u00a0ms`;
  return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))}\u00a0s`;
}

/** Up to when a run is drawn: one that is under way fills its time by and by. */
export const endMsOf = ({ scenario, events }: Trace): number =>
  Math.max(scenario.untilMs, events.at(-1)?.atMs ?? 0);

/** Where a time stands on a lane, in percent of it; what lies outside stands at its ends. */
export function percentOf(ms: number, fromMs: number, endMs: number): number {
  const spanMs = Math.max(1, endMs - fromMs);
  return (Math.min(spanMs, Math.max(0, ms - fromMs)) / spanMs) * 100;
}

const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/** Round times for an axis that has room for so many. */
export function ticksOf(fromMs: number, endMs: number, mostCount: number): readonly number[] {
  const everyMs =
    TICKS_MS.find((ms) => (endMs - fromMs) / ms <= Math.max(1, Math.min(8, mostCount))) ?? 300_000;
  const firstMs = Math.ceil(fromMs / everyMs) * everyMs;
  const count = Math.max(0, Math.floor((endMs - firstMs) / everyMs) + 1);
  return Array.from({ length: count }, (_, index) => firstMs + index * everyMs);
}

/** As many decimals as ticks of such an axis need to differ. */
export function printTick(ms: number, spanMs: number): string {
  const decimals = spanMs > 8_000 ? 0 : spanMs > 80 ? 2 : 3;
  return `${(ms / 1_000).toFixed(decimals)} s`;
}
