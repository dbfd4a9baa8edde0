import type { GroupState } from '../protocol/facts.ts';
import { groupProtocolOf } from '../scenarios/member-settings.ts';
import type { Trace } from './events.ts';

/** How often an admin asks where nobody says otherwise. */
export const POLL_MS = 1_000;

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

/** A time in which a group was in one state or generation, and whether a poll has seen it so. */
interface PolledSpan {
  /** The step at which it began. */
  readonly step: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly isPolled: boolean;
}
export interface StateSpan extends PolledSpan {
  readonly state: GroupState;
  /** The generation that it belongs to; of a KIP-848 group, its epoch. */
  readonly generationId: number;
}
export interface GenerationSpan extends PolledSpan {
  readonly generationId: number;
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
  return changes.map(({ to: state, generationId, step, atMs: fromMs }, index) => {
    const toMs = changes[index + 1]?.atMs ?? endMs;
    const isPolled = polls.some(
      (poll) =>
        poll.state === state &&
        poll.atMs >= fromMs - CLOCK_SLACK_MS &&
        poll.atMs - poll.tookMs <= toMs + CLOCK_SLACK_MS,
    );
    return { state, generationId, step, fromMs, toMs, isPolled };
  });
}

/**
 * The generations of a group, each with whether a poll fell into it. No poll tells the generation of a
 * classic group: one that has seen a state of it has fallen into it.
 */
export function polledGenerations(
  trace: Trace,
  polls: readonly GroupPoll[],
): readonly GenerationSpan[] {
  const generations: GenerationSpan[] = [];
  for (const { generationId, step, fromMs, toMs, isPolled } of polledStates(trace, polls)) {
    const last = generations.at(-1);
    if (last?.generationId === generationId) {
      generations[generations.length - 1] = { ...last, toMs, isPolled: last.isPolled || isPolled };
    } else generations.push({ generationId, step, fromMs, toMs, isPolled });
  }
  // Before its first generation a group has none.
  return generations.filter(({ generationId }) => generationId > 0);
}

/** What polls have missed, in a few sentences. */
export function describePolls(trace: Trace, polls: readonly GroupPoll[], everyMs: number): string {
  const every = everyMs === 1_000 ? 'every second' : `every ${everyMs} ms`;
  const spans = polledStates(trace, polls);
  if (spans.length === 0) {
    const states = new Set(polls.map(({ state }) => state).filter((state) => state !== null));
    return `A poll ${every} saw the group ${[...states].join(', ') || 'never'}; no member of it was heard.`;
  }
  const missedCount = spans.filter(({ isPolled }) => !isPolled).length;
  const states = `${missedCount} of ${spans.length} states of the group were never seen by a poll ${every}.`;
  const missed = polledGenerations(trace, polls).filter(({ isPolled }) => !isPolled);
  if (missed.length === 0) return states;
  const ids = missed.map(({ generationId }) => generationId).join(', ');
  const word = missed.length === 1 ? countedBy(trace) : `${countedBy(trace)}s`;
  return `${states} No poll fell into ${word} ${ids}.`;
}

/** What one poll was told, in a few words. */
export function describePoll({ state, groupEpoch, memberCount }: GroupPoll): string {
  if (state === null) return 'nobody answered';
  const members = memberCount === 1 ? '1 member' : `${memberCount} members`;
  return [state, members, ...(groupEpoch === null ? [] : [`epoch ${groupEpoch}`])].join(', ');
}

/** What the group's members count by. */
export const countedBy = ({ scenario }: Trace): 'generation' | 'epoch' =>
  scenario.members.some((member) => groupProtocolOf(member) === 'consumer')
    ? 'epoch'
    : 'generation';
