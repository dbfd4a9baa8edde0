import { describe, expect, it } from 'vitest';
import { brokenInvariants, parseScenario, printScenario, simulate } from '../../engine/index.ts';
import { aScenario } from '../support/builders.ts';
import { ofKind } from '../support/events.ts';

describe('simulate', () => {
  it('starts a member when its process that still closes has ended', () => {
    const trace = simulate(
      aScenario({
        members: ['C1'],
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 8_000, do: 'stall', member: 'C1', forMs: 5_000 },
          { atMs: 9_000, do: 'close', member: 'C1' },
          { atMs: 10_000, do: 'start', member: 'C1' },
        ],
        untilMs: 30_000,
      }),
    );
    const ends = ofKind(trace, 'memberExit').map(({ step }) => step);
    const starts = ofKind(trace, 'memberReady').map(({ step }) => step);
    expect(ends).toHaveLength(1);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThan(ends[0] ?? 0);
    expect(ofKind(trace, 'assignmentChanged').at(-1)?.assignment).toHaveLength(4);
  });

  it('brings a broker back once when it is restarted while it is away', () => {
    const trace = simulate(
      aScenario({
        members: ['C1'],
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 2_000, do: 'restartBroker', downMs: 3_000 },
          { atMs: 4_000, do: 'restartBroker', downMs: 3_000 },
        ],
      }),
    );
    const changes = ofKind(trace, 'brokerChanged').map(({ state, atMs }) => `${atMs} ${state}`);
    expect(changes).toEqual(['2000 down', '7000 loading', '7100 up']);
    expect(brokenInvariants(trace)).toEqual([]);
  });

  it('answers each request of an admin, also when two are under way', () => {
    const config = { 'session.timeout.ms': 6_000, 'group.instance.id': 'i1' };
    const trace = simulate(
      aScenario({
        members: ['C1'],
        config,
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 9_000, do: 'removeMember', member: 'C1' },
          { atMs: 9_000, do: 'removeMember', member: 'C1' },
        ],
      }),
    );
    const answers = ofKind(trace, 'messageSent').filter(({ to }) => to === 'script');
    expect(new Set(answers.map((answer) => answer.answers)).size).toBe(2);
  });

  it('lets a clock of a classic group come to nothing once consumers have taken it over', () => {
    const { members, ...rest } = printScenario(
      aScenario({
        members: ['C1', 'C2', 'C3'],
        config: { 'max.poll.interval.ms': 15_000 },
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 9_000, do: 'stall', member: 'C1', forMs: 9_000 },
          { atMs: 10_000, do: 'start', member: 'C2' },
          { atMs: 12_000, do: 'start', member: 'C3' },
        ],
        untilMs: 60_000,
      }),
    ) as { readonly members: readonly object[] };
    const consumer = { ...members[2], config: { 'group.protocol': 'consumer' } };
    const trace = simulate(parseScenario({ ...rest, members: [...members.slice(0, 2), consumer] }));
    const fired = ofKind(trace, 'timerFired').filter(({ key }) => key === 'rebalanceTimeout');
    expect(fired.length).toBe(1);
    expect(ofKind(trace, 'groupEpoch').length).toBeGreaterThan(0);
    const states = ofKind(trace, 'groupState').filter(({ atMs }) => atMs > 12_500);
    expect(states.map(({ to }) => to)).not.toContain('CompletingRebalance');
    expect(brokenInvariants(trace)).toEqual([]);
  });
});
