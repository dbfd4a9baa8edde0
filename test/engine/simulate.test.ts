import { describe, expect, it } from 'vitest';
import {
  brokenInvariants,
  outcomeOf,
  parseScenario,
  printScenario,
  simulate,
  type Trace,
} from '../../engine/index.ts';
import { asMemberName, memberActor } from '../../engine/protocol/ids.ts';
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
    expect(changes).toEqual(['2000 down', '7000 loading', '7020 up']);
    expect(brokenInvariants(trace)).toEqual([]);
  });

  it('has a broker before 4.3 list partitions as its hash set has them, and says of which version it is', () => {
    const scenario = aScenario({ members: ['C1', 'C2'], client: 'kafkajs', config: {} });
    const shares = (kafkaVersion: string) => outcomeOf(simulate(scenario, { kafkaVersion })).final;
    expect(shares('4.3.0')).toEqual({ C1: ['orders-0', 'orders-2'], C2: ['orders-1', 'orders-3'] });
    expect(shares('4.2.0')).toEqual({ C1: ['orders-1', 'orders-2'], C2: ['orders-0', 'orders-3'] });
    expect(simulate(scenario, { kafkaVersion: '4.2.0' }).versions).toEqual({ kafka: '4.2.0' });
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

  describe('with racks', () => {
    const racksOf: Readonly<Record<string, string>> = { C1: 'b', C2: 'a' };
    const run = (
      config: Readonly<Record<string, string>>,
      racks: Partial<typeof racksOf>,
    ): Trace => {
      const { members, ...rest } = printScenario(
        aScenario({
          partitions: 4,
          untilMs: 90_000,
          script: [
            { atMs: 0, do: 'start', member: 'C1' },
            { atMs: 100, do: 'start', member: 'C2' },
            { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 6 },
            { atMs: 15_000, do: 'crash', member: 'C1' },
            { atMs: 15_500, do: 'start', member: 'C1' },
          ],
        }),
      ) as { readonly members: readonly { readonly name: string; readonly config: object }[] };
      return simulate(
        parseScenario({
          ...rest,
          topics: [{ name: 'orders', partitions: 4, racks: [['a'], ['b']] }],
          members: members.map((member) => {
            const rack = racks[member.name];
            const ofRack = rack === undefined ? {} : { 'client.rack': rack };
            return { ...member, config: { ...config, 'metadata.max.age.ms': 1_000, ...ofRack } };
          }),
        }),
      );
    };
    const lastOf = (trace: Trace, name: string): readonly number[] | undefined =>
      ofKind(trace, 'assignmentChanged')
        .filter(({ actor }) => actor === memberActor(asMemberName(name)))
        .at(-1)
        ?.assignment.map(({ partition }) => partition);

    it.each(['range', 'sticky', 'cooperative-sticky'])(
      'gives members of %s what is in their rack, new partitions too',
      (assignor) => {
        const trace = run({ 'partition.assignment.strategy': assignor }, racksOf);
        expect(lastOf(trace, 'C1')).toEqual([1, 3, 5]);
        expect(lastOf(trace, 'C2')).toEqual([0, 2, 4]);
        expect(brokenInvariants(trace)).toEqual([]);
      },
    );

    it('pays no attention to them while no member has a client.rack', () => {
      const trace = run({ 'partition.assignment.strategy': 'range' }, {});
      expect(lastOf(trace, 'C1')).not.toEqual([1, 3, 5]);
    });

    it('tells the coordinator of them, whose assignors ignore them', () => {
      const config = { 'group.protocol': 'consumer', 'group.remote.assignor': 'range' };
      const trace = run(config, racksOf);
      const racks = ofKind(trace, 'messageSent').flatMap(({ message }) =>
        message.type === 'ConsumerGroupHeartbeatRequest' ? [message.rackId] : [],
      );
      expect(new Set(racks)).toEqual(new Set(['a', 'b', null]));
      const withoutRacks = run(config, {});
      expect(lastOf(trace, 'C1')).toEqual(lastOf(withoutRacks, 'C1'));
    });
  });
});
