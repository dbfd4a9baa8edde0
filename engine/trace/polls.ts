import type { GroupState } from '../protocol/facts.ts';
import type { Trace } from './events.ts';

/** What an admin was told when it asked for the description of the group. */
export interface GroupPoll {
  /** When the answer came. */
  readonly atMs: number;
  /** How long it took. */
  readonly tookMs: number;
  /** Null where nobody answered. */
  readonly state: GroupState | null;
  /** The group epoch of a KIP-848 group; a classic group does not tell its generation. */
  readonly groupEpoch: number | null;
  readonly memberCount: number;
}

/** A time in which the group was in one state, and whether a poll has seen it so. */
interface StateSpan {
  readonly state: GroupState;
  readonly fromMs: number;
  readonly toMs: number;
  readonly isPolled: boolean;
}

/** How far the clock of the trace and that of the polls may disagree. */
const CLOCK_SLACK_MS = 20;

/**
 * The states that a group went through, from its first change on, each with whether one of the polls
 * was answered with it while it lasted. Those of a recorded KIP-848 group are deduced from the epochs
 * that its members are told, because nobody is told the state.
 */
export function polledStates(trace: Trace, polls: readonly GroupPoll[]): readonly StateSpan[] {
  const endMs = trace.events.at(-1)?.atMs ?? 0;
  const changes = trace.events.filter((event) => event.kind === 'groupState');
  return changes.map(({ to: state, atMs: fromMs }, index) => {
    const toMs = changes[index + 1]?.atMs ?? endMs;
    const isPolled = polls.some(
      (poll) =>
        poll.state === state &&
        poll.atMs >= fromMs - CLOCK_SLACK_MS &&
        poll.atMs - poll.tookMs <= toMs + CLOCK_SLACK_MS,
    );
    return { state, fromMs, toMs, isPolled };
  });
}

/** What polls have missed, in one sentence. */
export function describePolls(trace: Trace, polls: readonly GroupPoll[], everyMs: number): string {
  const every = everyMs === 1_000 ? 'every second' : `every ${everyMs} ms`;
  const spans = polledStates(trace, polls);
  if (spans.length === 0) {
    const states = new Set(polls.map(({ state }) => state).filter((state) => state !== null));
    return `A poll ${every} saw the group ${[...states].join(', ') || 'never'}; no member of it was heard.`;
  }
  const missedCount = spans.filter(({ isPolled }) => !isPolled).length;
  return `${missedCount} of ${spans.length} states of the group were never seen by a poll ${every}.`;
}
