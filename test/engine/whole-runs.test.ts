import { describe, expect, it } from 'vitest';
import {
  asMemberId,
  asMemberName,
  outcomeOf,
  parseScenario,
  simulate,
  type Outcome,
  type SimulateOptions,
} from '../../engine/index.ts';
import { A_GROUP_ID } from '../support/builders.ts';

type Values = Readonly<Record<string, string | number | readonly string[]>>;

interface Run {
  readonly client?: string;
  readonly members: readonly string[];
  readonly config?: Values;
  /** Settings of one member that the others do not have. */
  readonly only?: Readonly<Record<string, Values>>;
  readonly topics?: Readonly<Record<string, number>>;
  readonly broker?: Values;
  readonly script: readonly Values[];
  readonly untilMs?: number;
}

const CLASSIC = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
const QUICK_BROKER = {
  'group.consumer.session.timeout.ms': 20_000,
  'group.consumer.heartbeat.interval.ms': 1_000,
};

/** What a run comes to whose members start a second apart, unless the script starts them. */
function play(run: Run, options: SimulateOptions = {}): Outcome {
  const { client = 'java', members, config = CLASSIC, only = {}, topics = { orders: 4 } } = run;
  const late = new Set(run.script.map((command) => (command.do === 'start' ? command.member : '')));
  const starts = members
    .filter((member) => !late.has(member))
    .map((member, index) => ({ atMs: index * 1_000, do: 'start', member }));
  const scenario = parseScenario({
    format: 'rebalance-scenario/1',
    name: 'whole-run',
    group: A_GROUP_ID,
    broker: run.broker ?? {},
    topics: Object.entries(topics).map(([name, partitions]) => ({ name, partitions })),
    members: members.map((name) => ({
      name,
      client,
      topics: Object.keys(topics),
      config: { ...config, ...only[name] },
    })),
    script: [...starts, ...run.script].sort((a, b) => Number(a.atMs) - Number(b.atMs)),
    untilMs: run.untilMs ?? 40_000,
  });
  return outcomeOf(simulate(scenario, options));
}

const numbersOf = ({ generations }: Outcome): readonly number[] =>
  generations.map(({ generationId }) => generationId);
const callsOf = ({ callbacks }: Outcome, member: string): readonly string[] =>
  (callbacks[member] ?? []).map(({ callback }) => callback);

// Each was seen with real clients on Kafka 4.3.1.
describe('a whole run', () => {
  it('takes the LeaveGroup of a member that waits in JoinGroup after the answer to that', () => {
    const outcome = play({
      members: ['C1', 'C2', 'C3'],
      script: [
        { atMs: 13_000, do: 'stall', member: 'C1', forMs: 6_000 },
        { atMs: 13_500, do: 'start', member: 'C3' },
        { atMs: 17_000, do: 'close', member: 'C2' },
      ],
    });
    expect(numbersOf(outcome)).toEqual([1, 3]);
    expect(outcome.errors.C2).not.toContain('JoinGroup UNKNOWN_MEMBER_ID');
    expect(outcome.errors.C3).toContain('SyncGroup REBALANCE_IN_PROGRESS');
  });

  it.each([
    ['range', ['assigned', 'revoked', 'assigned']],
    ['cooperative-sticky', ['assigned', 'assigned']],
  ])('of %s has its Java leader rejoin when the only broker was away', (assignor, calls) => {
    const outcome = play({
      members: ['C1', 'C2'],
      config: { ...CLASSIC, 'partition.assignment.strategy': assignor },
      script: [{ atMs: 13_000, do: 'restartBroker', downMs: 4_000 }],
    });
    expect(numbersOf(outcome)).toEqual([1, 2]);
    expect(callsOf(outcome, 'C1')).toEqual(calls);
    expect(outcome.errors).toEqual({
      C1: ['JoinGroup MEMBER_ID_REQUIRED'],
      C2: ['Heartbeat REBALANCE_IN_PROGRESS', 'JoinGroup MEMBER_ID_REQUIRED'],
    });
  });

  it('goes on as it was when the coordinator moves while other brokers are there', () => {
    const outcome = play({
      members: ['C1', 'C2'],
      script: [{ atMs: 13_000, do: 'moveCoordinator', loadingMs: 500 }],
    });
    expect(numbersOf(outcome)).toEqual([1]);
  });

  it('has a Java member leave that thaws after max.poll.interval.ms, before it polls', () => {
    const outcome = play({
      members: ['C1', 'C2'],
      config: { ...CLASSIC, 'session.timeout.ms': 20_000, 'max.poll.interval.ms': 8_000 },
      script: [
        { atMs: 13_000, do: 'freeze', member: 'C2' },
        { atMs: 24_000, do: 'thaw', member: 'C2' },
      ],
    });
    expect(callsOf(outcome, 'C2')).toEqual(['assigned', 'lost', 'assigned']);
    expect(outcome.errors.C2).toEqual(['JoinGroup MEMBER_ID_REQUIRED']);
  });

  it('refuses the auto commit of a KIP-848 member that has left so', () => {
    const outcome = play({
      members: ['C1', 'C2'],
      config: { 'group.protocol': 'consumer', 'max.poll.interval.ms': 5_000 },
      broker: QUICK_BROKER,
      script: [
        { atMs: 12_000, do: 'freeze', member: 'C2' },
        { atMs: 21_000, do: 'thaw', member: 'C2' },
      ],
    });
    expect(callsOf(outcome, 'C2')).toEqual(['assigned', 'lost', 'assigned']);
    expect(outcome.errors).toEqual({ C2: ['OffsetCommit UNKNOWN_MEMBER_ID'] });
  });

  it('takes an eager librdkafka member through a rebalance for the topics that it had', () => {
    const outcome = play({
      client: 'librdkafka',
      members: ['C1'],
      script: [{ atMs: 13_000, do: 'subscribe', member: 'C1', topics: ['orders'] }],
    });
    expect(callsOf(outcome, 'C1')).toEqual(['assigned', 'revoked', 'assigned']);
    expect(numbersOf(outcome)).toEqual([1, 2]);
  });

  it('leaves new partitions unread that only a kafkajs follower sees', () => {
    const outcome = play({
      client: 'kafkajs',
      members: ['C1', 'C2'],
      only: { C2: { 'metadata.max.age.ms': 3_000 } },
      script: [{ atMs: 13_000, do: 'addPartitions', topic: 'orders', partitions: 6 }],
    });
    expect(numbersOf(outcome)).toEqual([1]);
    expect(callsOf(outcome, 'C2')).toEqual(['assigned', 'assigned']);
    expect(outcome.final).toEqual({ C1: ['orders-0', 'orders-2'], C2: ['orders-1', 'orders-3'] });
  });

  it('leaves the first KIP-848 member the topic that its target lists first', () => {
    // Both Uuids belong into one bucket of a HashMap.
    const topicIds = { orders: 'yX8ftizLQ3WqSYj7kignuw', payments: 'fAs5Qf_uSw-xYnzE_C4cVQ' };
    const memberIds = { C1: 'qeVmJkbvSYGT_I0GHw4Hyg', C2: '9t5aDFYPRtyVRZy2aTV2-Q' };
    const outcome = play(
      {
        members: ['C1', 'C2'],
        config: { 'group.protocol': 'consumer' },
        topics: { orders: 4, payments: 3 },
        broker: QUICK_BROKER,
        script: [],
      },
      {
        topicIds: new Map(Object.entries(topicIds)),
        memberIds: new Map(
          Object.entries(memberIds).map(([name, id]) => [asMemberName(name), [asMemberId(id)]]),
        ),
      },
    );
    expect(outcome.final).toEqual({
      C1: ['orders-0', 'orders-1', 'orders-2', 'orders-3'],
      C2: ['payments-0', 'payments-1', 'payments-2'],
    });
  });
});
