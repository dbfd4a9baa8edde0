import { describe, expect, it } from 'vitest';
import { describePolls, type GroupPoll } from '../../../engine/index.ts';
import { polledStates } from '../../../engine/trace/polls.ts';
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

describe('describePolls', () => {
  it('says how many states no poll has seen', () => {
    expect(describePolls(trace, [], 1_000)).toBe(
      `${spans.length} of ${spans.length} states of the group were never seen by a poll every second.`,
    );
  });

  it('counts the states of a KIP-848 group that its epochs tell', () => {
    const { trace: consumer } = readCase('consumer-protocol-join');
    const count = polledStates(consumer, []).length;
    expect(count).toBeGreaterThan(0);
    expect(describePolls(consumer, [], 500)).toBe(
      `${count} of ${count} states of the group were never seen by a poll every 500 ms.`,
    );
  });

  it('says what polls saw of a group that nobody was heard of', () => {
    const silent = { ...trace, events: [] };
    expect(describePolls(silent, [aPoll({ state: 'Empty' })], 500)).toBe(
      'A poll every 500 ms saw the group Empty; no member of it was heard.',
    );
  });
});
