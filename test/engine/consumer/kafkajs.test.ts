import { describe, expect, it } from 'vitest';
import {
  asGenerationId,
  asMemberId,
  outcomeOf,
  parseScenario,
  simulate,
  type Trace,
} from '../../../engine/index.ts';
import { A_GROUP_ID } from '../../support/builders.ts';
import { MemberBench } from '../../support/member-bench.ts';

type Command = Readonly<Record<string, string | number | readonly string[]>>;

const CLOCKS = {
  'session.timeout.ms': 6_000,
  'heartbeat.interval.ms': 1_500,
  'rebalance.timeout.ms': 10_000,
};

/** A group of kafkajs members, each with its topics; they start half a second apart unless told. */
function play({
  members,
  topics = { orders: 4 },
  script = [],
  config = {},
  perRecordMs = 0,
  untilMs = 40_000,
}: {
  readonly members: Readonly<Record<string, readonly string[]>>;
  readonly topics?: Readonly<Record<string, number>>;
  readonly script?: readonly Command[];
  readonly config?: Readonly<Record<string, number>>;
  readonly perRecordMs?: number;
  readonly untilMs?: number;
}): Trace {
  const started = new Set(script.map((command) => (command.do === 'start' ? command.member : '')));
  const starts = Object.keys(members)
    .filter((member) => !started.has(member))
    .map((member, index) => ({ atMs: index * 500, do: 'start', member }));
  return simulate(
    parseScenario({
      format: 'rebalance-scenario/1',
      name: 'kafkajs',
      group: A_GROUP_ID,
      topics: Object.entries(topics).map(([name, partitions]) => ({ name, partitions })),
      members: Object.entries(members).map(([name, subscribed]) => ({
        name,
        client: 'kafkajs',
        topics: subscribed,
        config: { ...CLOCKS, ...config },
        work: { perRecordMs },
      })),
      script: [...starts, ...script],
      untilMs,
    }),
  );
}

/** What the members were told of their assignments, such as `0:orders-0,orders-2`, from then on. */
const assignmentsOf = (trace: Trace, name: string): readonly string[] =>
  (outcomeOf(trace).callbacks[name] ?? []).map(({ partitions }) => partitions.join(','));

/** The offsets that a member was given, such as `orders-0@3`. */
const recordsOf = (trace: Trace, name: string, fromMs = 0): readonly string[] =>
  trace.events.flatMap((event) =>
    event.kind === 'recordsPolled' && event.actor === `member/${name}` && event.atMs >= fromMs
      ? [`${event.partition.topic}-${event.partition.partition}@${event.firstOffset}`]
      : [],
  );

/** The requests of a member, from then on, without heartbeats. */
const requestsOf = (trace: Trace, name: string, fromMs = 0): readonly string[] =>
  trace.events.flatMap((event) =>
    event.kind === 'messageSent' && event.actor === `member/${name}` && event.atMs >= fromMs
      ? [event.message.type.replace('Request', '')].filter((api) => api !== 'Heartbeat')
      : [],
  );

describe('a leader of kafkajs', () => {
  it('deals the topics it subscribes to, to all members, and nothing of what others subscribe to', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['payments'] },
      topics: { orders: 4, payments: 2 },
    });
    expect(outcomeOf(trace).generations.at(-1)?.assignment).toEqual({
      C1: ['orders-0', 'orders-2'],
      C2: ['orders-1', 'orders-3'],
    });
  });

  it('deals its topics in the order in which it has subscribed to them', () => {
    const trace = play({
      members: { C1: ['payments', 'orders'], C2: ['payments', 'orders'] },
      topics: { orders: 2, payments: 1 },
    });
    expect(outcomeOf(trace).generations.at(-1)?.assignment).toEqual({
      C1: ['orders-1', 'payments-0'],
      C2: ['orders-0'],
    });
  });

  it('looks at the cluster before it assigns', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      topics: { orders: 2 },
      script: [
        { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 4 },
        { atMs: 12_000, do: 'close', member: 'C2' },
      ],
    });
    expect(assignmentsOf(trace, 'C1').at(-1)).toBe('orders-0,orders-1,orders-2,orders-3');
  });
});

describe('a kafkajs member', () => {
  it('takes no partition of a topic it does not subscribe to, and does not rejoin for it', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['payments'] },
      topics: { orders: 4, payments: 2 },
    });
    expect(assignmentsOf(trace, 'C2')).toEqual(['']);
    expect(outcomeOf(trace).generations).toHaveLength(1);
  });

  it('rejoins for new partitions that its metadata shows, whoever the leader is', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      topics: { orders: 2 },
      config: { 'metadata.max.age.ms': 15_000 },
      script: [{ atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 4 }],
    });
    const { generations } = outcomeOf(trace);
    expect(generations.at(-1)?.assignment).toEqual({
      C1: ['orders-0', 'orders-2'],
      C2: ['orders-1', 'orders-3'],
    });
    expect(generations.length).toBeLessThanOrEqual(3);
  });

  it('does not rejoin for partitions that it learned of from its assignment', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      topics: { orders: 2 },
      config: { 'metadata.max.age.ms': 30_000 },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 4 },
        { atMs: 12_000, do: 'start', member: 'C2' },
      ],
      untilMs: 60_000,
    });
    expect(outcomeOf(trace).generations).toHaveLength(2);
  });

  it('begins every batch that it has fetched before it rejoins', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      script: [
        { atMs: 14_000, do: 'stall', member: 'C2', forMs: 12_000 },
        { atMs: 14_500, do: 'produce', topic: 'orders', count: 12 },
      ],
    });
    expect(recordsOf(trace, 'C2')).toEqual(['orders-1@0', 'orders-3@0']);
    expect(outcomeOf(trace).redelivered).toEqual({ 'orders-1': 1, 'orders-3': 1 });
    expect(outcomeOf(trace).errors.C2).toContain('Heartbeat UNKNOWN_MEMBER_ID');
  });

  it('commits what it has begun before it rejoins, when it is a member still', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 10_000, do: 'produce', topic: 'orders', count: 12 },
        { atMs: 10_200, do: 'start', member: 'C2' },
      ],
      perRecordMs: 1_000,
    });
    expect(outcomeOf(trace).redelivered).toEqual({});
    expect(recordsOf(trace, 'C1').slice(0, 4)).toEqual([
      'orders-0@0',
      'orders-1@0',
      'orders-2@0',
      'orders-3@0',
    ]);
  });

  it('keeps its partitions paused over a rebalance', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      script: [
        { atMs: 10_000, do: 'pause', member: 'C1' },
        { atMs: 12_000, do: 'close', member: 'C2' },
        { atMs: 20_000, do: 'produce', topic: 'orders', count: 4 },
        { atMs: 30_000, do: 'resume', member: 'C1' },
      ],
    });
    expect(recordsOf(trace, 'C1').slice().sort()).toEqual([
      'orders-0@0',
      'orders-1@0',
      'orders-2@0',
      'orders-3@0',
    ]);
    expect(recordsOf(trace, 'C1', 30_000)).toEqual(['orders-0@0', 'orders-2@0']);
  });

  it('waits for the end of a rejoin when it is closed in it, then leaves', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 0, do: 'start', member: 'C2' },
        { atMs: 10_000, do: 'freeze', member: 'C2' },
        { atMs: 10_100, do: 'crash', member: 'C2' },
        { atMs: 10_200, do: 'start', member: 'C2' },
        { atMs: 13_000, do: 'close', member: 'C1' },
      ],
    });
    expect(requestsOf(trace, 'C1', 13_000).slice(-1)).toEqual(['LeaveGroup']);
    expect(assignmentsOf(trace, 'C1')).toHaveLength(2);
  });

  it.each([
    [4_000, 1, []],
    [14_000, 2, ['KafkaJSNonRetriableError']],
  ])('rides out a broker that is away for %i ms, or begins anew', (downMs, generations, errors) => {
    const trace = play({
      members: { C1: ['orders'] },
      script: [{ atMs: 10_000, do: 'restartBroker', downMs }],
      untilMs: 60_000,
    });
    expect(outcomeOf(trace).generations).toHaveLength(generations);
    const reported = trace.events.flatMap((event) =>
      event.kind === 'memberError' ? [event.exception] : [],
    );
    expect(reported).toEqual(errors);
    expect(outcomeOf(trace).final.C1).toHaveLength(4);
  });

  it('rejoins with its id when its coordinator is not the coordinator any more', () => {
    const memberId = asMemberId('me');
    const bench = new MemberBench('kafkajs')
      .command({ do: 'start' })
      .give({ type: 'timer', timer: 'startUp' })
      .answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' })
      .answer({
        type: 'JoinGroupResponse',
        errorCode: 'NONE',
        generationId: asGenerationId(1),
        protocolName: 'RoundRobinAssigner',
        leader: asMemberId('other'),
        memberId,
        skipAssignment: false,
        members: [],
      })
      .answer({ type: 'SyncGroupResponse', errorCode: 'NONE', assignment: [] })
      .give({ type: 'timer', timer: 'heartbeat' })
      .answer({ type: 'HeartbeatResponse', errorCode: 'NOT_COORDINATOR' })
      .answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
    expect(bench.asked).toMatchObject({ type: 'JoinGroupRequest', memberId: 'me' });
  });

  it('tries a join again after its back-off when the group has gone on without it', () => {
    const trace = play({
      members: { C1: ['orders'], C2: ['orders'] },
      config: { 'rebalance.timeout.ms': 2_000 },
      script: [
        { atMs: 14_000, do: 'freeze', member: 'C2' },
        { atMs: 26_000, do: 'thaw', member: 'C2' },
      ],
    });
    expect(outcomeOf(trace).errors.C2).toEqual([
      'Heartbeat UNKNOWN_MEMBER_ID',
      'JoinGroup MEMBER_ID_REQUIRED',
    ]);
    expect(outcomeOf(trace).final).toEqual({
      C1: ['orders-0', 'orders-2'],
      C2: ['orders-1', 'orders-3'],
    });
  });
});
