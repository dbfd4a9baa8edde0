import { describe, expect, it } from 'vitest';
import {
  compareOutcomes,
  compareRuns,
  compareTraces,
  outcomeOf,
  simulate,
  withClient,
  type Outcome,
  type Scenario,
} from '../../../engine/index.ts';
import { readCase, readMore } from '../../support/recordings.ts';

const { scenario, outcome } = readCase('eager-join');

describe('compareOutcomes', () => {
  it('calls equal outcomes the same', () => {
    expect(compareOutcomes(outcome, outcome).result).toBe('same');
  });

  it('names each place that differs, with both values', () => {
    const other: Outcome = { ...outcome, redelivered: { 'orders-1': 5 } };
    const verdict = compareOutcomes(outcome, other);
    expect(verdict.result).toBe('divergence');
    expect(verdict.differences).toMatchObject([
      { path: 'redelivered.orders-1', left: null, right: 5, rule: null },
    ]);
  });

  it('allows what recorded runs differed in among themselves, by the rule’s name', () => {
    const other: Outcome = {
      ...outcome,
      errors: { ...outcome.errors, C3: [] },
      varies: ['errors.C3'],
    };
    const verdict = compareOutcomes(outcome, other);
    expect(verdict.result).toBe('allowed');
    expect(verdict.differences[0]?.rule).toBe('varies-between-runs');
  });

  it('allows missing revoked callbacks of a client that has none, and nothing more', () => {
    const kafkajs = withClient(scenario, 'kafkajs').scenario;
    const assignedOnly = (calls: Outcome['callbacks'][string]) =>
      calls.filter(({ callback }) => callback === 'assigned');
    const silent: Outcome = {
      ...outcome,
      callbacks: Object.fromEntries(
        Object.entries(outcome.callbacks).map(([name, calls]) => [name, assignedOnly(calls)]),
      ),
    };
    const clients = { left: scenario, right: kafkajs };
    expect(compareOutcomes(outcome, silent, clients).result).toBe('allowed');
    expect(compareOutcomes(outcome, silent).result).toBe('divergence');
  });
});

describe('compareOutcomes of other clients', () => {
  const simulated = (played: Scenario) => ({
    scenario: played,
    outcome: outcomeOf(simulate(played)),
  });
  const compare = (left: Scenario, right: Scenario) => {
    const [a, b] = [simulated(left), simulated(right)];
    return compareOutcomes(a.outcome, b.outcome, { left: a.scenario, right: b.scenario });
  };
  const ruleOf = (verdict: ReturnType<typeof compare>, path: string) =>
    verdict.differences.find((difference) => difference.path === path);

  it('names the assignor that a client lacks, and what it deals instead is a divergence', () => {
    const verdict = compare(scenario, withClient(scenario, 'kafkajs').scenario);
    expect(ruleOf(verdict, 'generations[0].protocolName')?.rule).toBe('client-without-assignor');
    expect(ruleOf(verdict, 'generations[0].assignment')).toMatchObject({
      name: 'other assignment',
      rule: null,
    });
    expect(verdict.result).toBe('divergence');
  });

  it('allows a KIP-848 group its epochs and its heartbeats, and no other share', () => {
    const consumer = readCase('consumer-protocol-join').scenario;
    const members = consumer.members.map((member) => ({
      ...member,
      config: { ...member.config, 'group.protocol': 'classic' },
    }));
    const verdict = compare(consumer, { ...consumer, members });
    expect(ruleOf(verdict, 'generations[0]')?.rule).toBe('other-group-protocol');
    expect(ruleOf(verdict, 'errors.C1')?.rule).toBe('other-group-protocol');
    expect(ruleOf(verdict, 'callbacks.C3')?.rule).toBeNull();
  });

  it('allows nothing of that between runs of the same client', () => {
    const sticky = readCase('sticky-join').scenario;
    const members = sticky.members.map((member) => ({
      ...member,
      config: { ...member.config, 'partition.assignment.strategy': 'range' },
    }));
    const verdict = compare(sticky, { ...sticky, members });
    expect(ruleOf(verdict, 'generations[0].protocolName')?.rule).toBeNull();
  });
});

describe('compareTraces', () => {
  it('finds where two runs part', () => {
    const left = simulate(scenario);
    const right = simulate(readCase('eager-crash').scenario);
    const parting = compareTraces(left, right).parting;
    expect(parting?.sentence).toMatch(/^C1: left has “SyncGroup: deals .*, right has “SyncGroup: /);
    expect(left.events[parting?.leftStep ?? -1]).toMatchObject({ kind: 'messageSent' });
  });

  it('agrees with a run that only the seed tells apart', () => {
    expect(compareTraces(simulate(scenario), simulate(scenario, { seed: 99 })).result).toBe('same');
  });
});

describe('compareRuns', () => {
  // Its broker-side assignor goes by the hash order of member ids.
  const { scenario: crash, trace } = readCase('consumer-protocol-crash');
  const others = Array.from({ length: 20 }, (_, index) => simulate(crash, { seed: index + 1 }));
  const other = others.find((run) => compareTraces(trace, run).result === 'divergence');

  it('allows what follows from the random ids of either run, by the rule’s name', () => {
    if (other === undefined) throw new Error('no ids among these lead to another assignment');
    const verdict = compareRuns(trace, other);
    expect(verdict.result).toBe('allowed');
    expect(new Set(verdict.differences.map(({ rule }) => rule))).toEqual(
      new Set(['hash-order-of-ids']),
    );
  });

  it('allows what follows from the versions of their brokers, by the rule’s name', () => {
    const verdict = compareRuns(
      readCase('kafkajs-join').trace,
      readMore('kafkajs-join-kafka-4.1.1'),
    );
    expect(verdict.result).toBe('allowed');
    expect(new Set(verdict.differences.map(({ rule }) => rule))).toEqual(
      new Set(['order-of-metadata']),
    );
  });

  it('allows nothing that is not what is simulated with the ids of its run', () => {
    if (other === undefined) throw new Error('no ids among these lead to another assignment');
    const cut = { ...other, events: other.events.filter(({ atMs }) => atMs < 15_000) };
    expect(compareRuns(trace, cut).result).toBe('divergence');
  });
});

describe('outcomeOf', () => {
  it('does not count what happened after the scenario’s end', () => {
    const cut = simulate({ ...scenario, untilMs: 10_000 });
    expect(outcomeOf(cut).generations).toHaveLength(1);
  });
});
