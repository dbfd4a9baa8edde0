import { describe, expect, it } from 'vitest';
import {
  describePoll,
  describePolls,
  existing,
  polledGenerations,
  polledStates,
  type GroupPoll,
} from '../../../engine/index.ts';
import { readCase } from '../../support/recordings.ts';

const { trace } = readCase('eager-join');
const spans = polledStates(trace, []);
const aPoll = (parts: Partial<GroupPoll>): GroupPoll => ({
  atMs: 0,
  tookMs: 1,
  state: 'Stable',
  groupEpoch: null,
  memberCount: 1,
  ...parts,
});

describe('polledStates', () => {
  it('counts a state as seen only by a poll that was answered with it while it lasted', () => {
    const stable = spans.find(({ state, fromMs, toMs }) => state === 'Stable' && toMs > fromMs);
    if (stable === undefined) throw new Error('The recording has no stable group.');
    const atMs = (stable.fromMs + stable.toMs) / 2;
    const seen = (poll: GroupPoll) => polledStates(trace, [poll]).filter((span) => span.isPolled);
    expect(seen(aPoll({ atMs }))).toEqual([{ ...stable, isPolled: true }]);
    expect(seen(aPoll({ atMs, state: 'Empty' }))).toEqual([]);
    expect(seen(aPoll({ atMs: stable.toMs + 10_000_000 }))).toEqual([]);
  });
});

describe('polledGenerations', () => {
  it('has every generation of the group, from the step at which it begins', () => {
    const generations = polledGenerations(trace, []);
    expect(generations.map(({ generationId }) => generationId)).toEqual([1, 2]);
    for (const { step, fromMs } of generations) expect(trace.events[step]?.atMs).toBe(fromMs);
  });

  it('takes a generation for seen when a poll has seen one of its states', () => {
    const last = existing(spans.at(-1), 'state');
    const poll = aPoll({ atMs: (last.fromMs + last.toMs) / 2, state: last.state });
    const seen = polledGenerations(trace, [poll]).filter(({ isPolled }) => isPolled);
    expect(seen.map(({ generationId }) => generationId)).toEqual([last.generationId]);
  });
});

describe('describePoll', () => {
  it('says what the poll was told, or that nobody answered', () => {
    expect(describePoll(aPoll({}))).toBe('Stable, 1 member');
    expect(describePoll(aPoll({ groupEpoch: 3, memberCount: 2 }))).toBe(
      'Stable, 2 members, epoch 3',
    );
    expect(describePoll(aPoll({ state: null, memberCount: 0 }))).toBe('nobody answered');
  });
});

describe('describePolls', () => {
  it('says how many states no poll has seen', () => {
    expect(describePolls(trace, [], 1_000)).toBe(
      `${spans.length} of ${spans.length} states of the group were never seen by a poll every second. No poll fell into generations 1, 2.`,
    );
  });

  it('counts the states of a KIP-848 group that its epochs tell', () => {
    const { trace: consumer } = readCase('consumer-protocol-join');
    const count = polledStates(consumer, []).length;
    expect(count).toBeGreaterThan(0);
    expect(describePolls(consumer, [], 500)).toBe(
      `${count} of ${count} states of the group were never seen by a poll every 500 ms. No poll fell into epochs 2, 3, 4.`,
    );
  });

  it('says nothing of generations when polls fell into each', () => {
    const polls = spans.map(({ state, fromMs }) => aPoll({ state, atMs: fromMs }));
    expect(describePolls(trace, polls, 1_000)).toBe(
      `0 of ${spans.length} states of the group were never seen by a poll every second.`,
    );
  });

  it('says what polls saw of a group that nobody was heard of', () => {
    const silent = { ...trace, events: [] };
    expect(describePolls(silent, [aPoll({ state: 'Empty' })], 500)).toBe(
      'A poll every 500 ms saw the group Empty; no member of it was heard.',
    );
  });
});
