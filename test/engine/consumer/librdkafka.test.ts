import { describe, expect, it } from 'vitest';
import { outcomeOf, simulate, type Trace } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';

type Parts = Parameters<typeof aScenario>[0];
type Config = Readonly<Record<string, string | number>>;

const CLOCKS = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
const COOPERATIVE = { 'partition.assignment.strategy': 'cooperative-sticky' };

const play = ({
  config = {},
  ...parts
}: Omit<NonNullable<Parts>, 'config'> & { config?: Config }) =>
  simulate(aScenario({ client: 'librdkafka', config: { ...CLOCKS, ...config }, ...parts }));

const start = (member: string, atMs = 0) => ({ atMs, do: 'start', member });

/** A member's requests of the group, listener calls, errors and end, in order. */
function storyOf(trace: Trace, name: string, fromMs = 0): readonly string[] {
  return trace.events.flatMap((event) => {
    if (event.actor !== `member/${name}` || event.atMs < fromMs) return [];
    if (event.kind === 'messageSent') {
      const api = event.message.type.replace('Request', '');
      return ['OffsetFetch', 'FindCoordinator', 'Heartbeat'].includes(api) ? [] : [api];
    }
    if (event.kind === 'callbackEntered') return [event.callback];
    if (event.kind === 'memberError') return [`error ${event.exception}`];
    return event.kind === 'memberExit' ? [`exit ${String(event.code)}`] : [];
  });
}

function timesOf(trace: Trace, name: string, kind: string, type?: string): readonly number[] {
  return trace.events
    .filter((event) => event.actor === `member/${name}` && event.kind === kind)
    .filter((event) => event.kind !== 'messageSent' || event.message.type === type)
    .map(({ atMs }) => atMs);
}

const heartbeatsOf = (trace: Trace, name: string): readonly number[] =>
  timesOf(trace, name, 'messageSent', 'HeartbeatRequest');

const errorsOf = (trace: Trace): readonly string[] =>
  trace.events.flatMap((event) => (event.kind === 'memberError' ? [event.message] : []));

describe('the constructor of a librdkafka consumer', () => {
  const refusal = (config: Config): readonly string[] => {
    const trace = play({ members: ['C1'], config });
    expect(storyOf(trace, 'C1')).toEqual(['error _INVALID_ARG', 'exit 1']);
    return errorsOf(trace);
  };

  it('refuses eager and cooperative assignors together', () => {
    expect(refusal({ 'partition.assignment.strategy': 'range,cooperative-sticky' })).toEqual([
      'All partition.assignment.strategy (range,cooperative-sticky) assignors must have the same ' +
        'protocol type, online migration between assignors with different protocol types is not ' +
        'supported',
    ]);
  });

  it('refuses an assignor that it does not have', () => {
    expect(refusal({ 'partition.assignment.strategy': 'sticky' })).toEqual([
      'Unsupported partition.assignment.strategy: sticky',
    ]);
  });

  it('refuses a max.poll.interval.ms below session.timeout.ms', () => {
    expect(refusal({ 'max.poll.interval.ms': 5_999 })).toEqual([
      '`max.poll.interval.ms`must be >= `session.timeout.ms`',
    ]);
  });
});

describe('heartbeats of a librdkafka member', () => {
  it('begin with the assignment, and then go by the time since the last one', () => {
    const trace = play({ members: ['C1'], untilMs: 12_000 });
    const [assignedMs] = timesOf(trace, 'C1', 'callbackEntered');
    const [first = -1, second] = heartbeatsOf(trace, 'C1');
    expect([first, second]).toEqual([assignedMs, first + 1_500]);
  });

  it('keep their beat over a rebalance that is shorter than their interval', () => {
    const trace = play({ script: [start('C1'), start('C2', 10_000)], untilMs: 20_000 });
    const beats = heartbeatsOf(trace, 'C1');
    const gaps = beats.slice(1).map((atMs, index) => atMs - (beats[index] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([1_500]));
  });
});

describe('commits of a librdkafka member', () => {
  const script = [start('C1'), { atMs: 6_000, do: 'produce', topic: 'orders', count: 2 }];

  it('do not happen where nothing was read', () => {
    const trace = play({ members: ['C1'], untilMs: 20_000 });
    expect(storyOf(trace, 'C1')).not.toContain('OffsetCommit');
  });

  it('cover what poll() has handed over, also while the application still works on it', () => {
    const trace = play({
      members: ['C1'],
      partitions: 1,
      script,
      work: { perRecordMs: 30_000 },
      untilMs: 12_000,
    });
    const commits = trace.events.flatMap((event) =>
      event.kind === 'commitAccepted' ? [event.offsets] : [],
    );
    expect(commits).toEqual([[{ topic: 'orders', partition: 0, offset: 1 }]]);
  });

  it('come after the revoked call, and before the member rejoins', () => {
    const trace = play({
      partitions: 1,
      script: [...script, start('C2', 6_500)],
      config: { 'auto.commit.interval.ms': 600_000 },
      untilMs: 12_000,
    });
    expect(storyOf(trace, 'C1', 6_500)).toEqual([
      'revoked',
      'OffsetCommit',
      'JoinGroup',
      'SyncGroup',
      'assigned',
    ]);
  });

  it('are not made of what is lost', () => {
    const trace = play({
      members: ['C1'],
      partitions: 1,
      script: [
        ...script,
        { atMs: 13_000, do: 'freeze', member: 'C1' },
        { atMs: 25_000, do: 'thaw', member: 'C1' },
      ],
      untilMs: 30_000,
    });
    expect(storyOf(trace, 'C1', 25_000).slice(0, 2)).toEqual(['lost', 'JoinGroup']);
  });

  it('are refused when the member id has gone before a revoked call that was owed', () => {
    const trace = play({
      partitions: 1,
      config: { 'max.poll.interval.ms': 6_000 },
      script: [...script, start('C2', 7_000)],
      work: { perRecordMs: 8_000 },
      untilMs: 15_000,
    });
    const calls = storyOf(trace, 'C1', 14_000);
    expect(calls.slice(0, 2)).toEqual(['revoked', 'OffsetCommit']);
    expect(calls).toContain('error _MAX_POLL_EXCEEDED');
    expect(outcomeOf(trace).errors.C1).toContain('OffsetCommit UNKNOWN_MEMBER_ID');
  });

  it('repeat what is committed already when the partition is given up', () => {
    const trace = play({
      partitions: 1,
      script: [...script, start('C2', 14_000)],
      untilMs: 20_000,
    });
    expect(storyOf(trace, 'C1', 14_000).slice(0, 2)).toEqual(['revoked', 'OffsetCommit']);
  });

  it('are an error when asked for with nothing to commit', () => {
    const trace = play({
      members: ['C1'],
      script: [start('C1'), { atMs: 6_000, do: 'commit', member: 'C1' }],
    });
    expect(storyOf(trace, 'C1', 6_000)).toEqual(['error _NO_OFFSET']);
  });
});

describe('the session of a librdkafka member', () => {
  it('is over by its own clock when it thaws, and its next heartbeat has no member id', () => {
    const trace = play({
      members: ['C1'],
      script: [
        start('C1'),
        { atMs: 8_000, do: 'freeze', member: 'C1' },
        { atMs: 20_000, do: 'thaw', member: 'C1' },
      ],
      untilMs: 30_000,
    });
    expect(storyOf(trace, 'C1', 20_000).slice(0, 2)).toEqual(['lost', 'JoinGroup']);
    const ids = trace.events.flatMap((event) =>
      event.kind === 'messageSent' &&
      event.message.type === 'HeartbeatRequest' &&
      event.atMs === 20_000
        ? [event.message.memberId]
        : [],
    );
    expect(ids).toEqual([null]);
  });

  it('is over without a broker to say so', () => {
    const trace = play({
      members: ['C1'],
      script: [start('C1'), { atMs: 8_000, do: 'restartBroker', downMs: 20_000 }],
      untilMs: 20_000,
    });
    const [, lostMs = 0] = timesOf(trace, 'C1', 'callbackEntered');
    expect(storyOf(trace, 'C1', 8_000)[0]).toBe('lost');
    expect(lostMs).toBeLessThanOrEqual(8_000 + 6_000);
  });

  it('is lost to a listener also when it held nothing, if it is eager', () => {
    const frozen = [
      start('C1'),
      start('C2', 500),
      { atMs: 9_000, do: 'freeze', member: 'C2' },
      { atMs: 20_000, do: 'thaw', member: 'C2' },
    ];
    const eager = play({ partitions: 1, script: frozen, untilMs: 21_000 });
    const cooperative = play({
      partitions: 1,
      script: frozen,
      config: COOPERATIVE,
      untilMs: 21_000,
    });
    expect(storyOf(eager, 'C2', 20_000)).toContain('lost');
    expect(storyOf(cooperative, 'C2', 20_000)).not.toContain('lost');
  });
});

describe('a librdkafka application that does not poll', () => {
  const config = { 'max.poll.interval.ms': 8_000 };
  const stall = (atMs: number, forMs: number) => ({ atMs, do: 'stall', member: 'C1', forMs });

  it('is left out of the group, and hears of it in its next poll()', () => {
    const trace = play({
      members: ['C1'],
      config,
      script: [start('C1'), stall(6_000, 12_000)],
      untilMs: 30_000,
    });
    expect(storyOf(trace, 'C1', 6_000)).toEqual([
      'LeaveGroup',
      'error _MAX_POLL_EXCEEDED',
      'lost',
      'JoinGroup',
      'JoinGroup',
      'SyncGroup',
      'assigned',
    ]);
  });

  it('hears revoked when a rebalance was announced before its time was up', () => {
    const trace = play({
      config,
      script: [start('C1'), stall(6_000, 12_000), start('C2', 7_000)],
      untilMs: 18_000,
    });
    const calls = storyOf(trace, 'C1', 6_000).filter((word) => /^(lost|revoked)$/.test(word));
    expect(calls).toEqual(['revoked']);
  });

  it('joins all the same, and is told of its assignment when it polls', () => {
    const trace = play({
      members: ['C1'],
      script: [start('C1'), stall(50, 7_000)],
      untilMs: 8_000,
    });
    const [assignedMs] = timesOf(trace, 'C1', 'callbackEntered');
    const [syncMs] = timesOf(trace, 'C1', 'messageSent', 'SyncGroupRequest');
    const beats = heartbeatsOf(trace, 'C1').filter((atMs) => atMs < 7_000);
    expect(syncMs).toBeLessThan(4_000);
    expect(beats.length).toBeGreaterThan(1);
    expect(assignedMs).toBe(7_050);
  });
});

describe('a librdkafka member', () => {
  it('calls revoked, then leaves, when it is closed', () => {
    const script = [start('C1'), { atMs: 6_000, do: 'close', member: 'C1' }];
    const trace = play({ members: ['C1'], script });
    expect(storyOf(trace, 'C1', 6_000)).toEqual(['revoked', 'LeaveGroup', 'exit 0']);
  });

  it('does not leave when it is closed as a static one', () => {
    const script = [start('C1'), { atMs: 6_000, do: 'close', member: 'C1' }];
    const trace = play({ members: ['C1'], script, config: { 'group.instance.id': 'one' } });
    expect(storyOf(trace, 'C1', 6_000)).toEqual(['revoked', 'exit 0']);
  });

  it('does nothing more, without a call, when another process has taken its group.instance.id', () => {
    const script = [
      start('C1'),
      start('C2', 8_000),
      { atMs: 12_000, do: 'commit', member: 'C1' },
      { atMs: 14_000, do: 'close', member: 'C1' },
    ];
    const trace = play({ script, config: { 'group.instance.id': 'one' } });
    const story = ['error _FATAL', 'error _FATAL', 'exit 0'];
    expect(storyOf(trace, 'C1', 8_000)).toEqual(story);
    const fencedMs = timesOf(trace, 'C1', 'memberError')[0] ?? 0;
    expect(heartbeatsOf(trace, 'C1').filter((atMs) => atMs > fencedMs)).toEqual([]);
  });

  it('goes on after an error that is not fatal, and tries again after its pause', () => {
    const trace = play({
      members: ['C1'],
      config: { 'session.timeout.ms': 7_000 },
      broker: { 'group.max.session.timeout.ms': 6_500 },
      untilMs: 6_000,
    });
    const joins = timesOf(trace, 'C1', 'messageSent', 'JoinGroupRequest');
    expect(new Set(storyOf(trace, 'C1'))).toEqual(
      new Set(['JoinGroup', 'error INVALID_SESSION_TIMEOUT']),
    );
    expect((joins[1] ?? 0) - (joins[0] ?? 0)).toBe(2_000);
  });

  it('rejoins for new partitions also when it is not the leader', () => {
    const [follower, leader] = [60_000, 600_000].map((refreshMs, index) => ({
      ...aScenario({ client: 'librdkafka', config: CLOCKS }).members[1 - index],
      config: { ...CLOCKS, 'topic.metadata.refresh.interval.ms': refreshMs },
    }));
    const scenario = aScenario({
      client: 'librdkafka',
      script: [
        start('C1'),
        start('C2', 500),
        { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 6 },
      ],
      untilMs: 70_000,
    });
    const members = [leader, follower].map((member) => ({ ...scenario.members[0], ...member }));
    const trace = simulate({ ...scenario, members: members as typeof scenario.members });
    expect(storyOf(trace, 'C2', 60_000)).toContain('JoinGroup');
  });

  it('waits a second between two JoinGroups, unless it was called in between', () => {
    const trace = play({
      config: COOPERATIVE,
      script: [start('C1'), start('C2', 10_000)],
      untilMs: 14_000,
    });
    const [, , ...joins] = timesOf(trace, 'C1', 'messageSent', 'JoinGroupRequest');
    const [first = 0, afterRevoked = 0] = joins;
    expect(afterRevoked - first).toBeLessThan(50);
    const [, second = 0, third = 0] = timesOf(trace, 'C2', 'messageSent', 'JoinGroupRequest');
    expect(third - second).toBeGreaterThanOrEqual(1_000);
  });
});

describe('what is no part of librdkafka', () => {
  it('is refused: a setting of Java’s', () => {
    expect(() => aScenario({ client: 'librdkafka', config: { 'max.poll.records': 10 } })).toThrow(
      'is a setting that the librdkafka client does not have',
    );
  });

  it('is refused: enforceRebalance()', () => {
    const script = [start('C1'), { atMs: 6_000, do: 'enforceRebalance', member: 'C1' }];
    expect(() => play({ script })).toThrow('which librdkafka’s consumer cannot do');
  });

  it('is refused, as not simulated yet: KIP-848', () => {
    const config = { 'group.protocol': 'consumer' };
    const scenario = aScenario({ client: 'librdkafka', config });
    expect(() => simulate(scenario)).toThrow('simulated for java');
  });
});

describe('unsubscribe() of librdkafka', () => {
  const unsubscribe = (subscribeMs: number, config: Config = {}, others = ['C1']) =>
    storyOf(
      play({
        config,
        script: [
          ...others.map((name) => start(name)),
          start('C2'),
          { atMs: 10_000, do: 'unsubscribe', member: 'C2' },
          { atMs: subscribeMs, do: 'subscribe', member: 'C2', topics: ['orders'] },
        ],
        untilMs: 40_000,
      }),
      'C2',
      10_000,
    );

  it('is heard of in the next poll(): the listener, the leaving, a new join without an id', () => {
    expect(unsubscribe(12_000).slice(0, 4)).toEqual([
      'revoked',
      'LeaveGroup',
      'JoinGroup',
      'JoinGroup',
    ]);
  });

  it('is heard of only then also when its session is over meanwhile', () => {
    expect(unsubscribe(25_000)[0]).toBe('revoked');
  });

  it('does not make a cooperative member leave that has new topics by then', () => {
    expect(unsubscribe(12_000, COOPERATIVE).slice(0, 3)).toEqual([
      'revoked',
      'JoinGroup',
      'SyncGroup',
    ]);
  });

  it('makes a static member leave for good', () => {
    expect(unsubscribe(12_000, { 'group.instance.id': 'i1' }, [])[1]).toBe('LeaveGroup');
  });
});

describe('the pauses of a librdkafka member', () => {
  it('outlive a rebalance', () => {
    const trace = play({
      script: [
        start('C1'),
        start('C2'),
        { atMs: 10_000, do: 'pause', member: 'C1' },
        { atMs: 12_000, do: 'close', member: 'C2' },
        { atMs: 20_000, do: 'produce', topic: 'orders', count: 4 },
      ],
      untilMs: 30_000,
    });
    const polled = trace.events.flatMap((event) =>
      event.kind === 'recordsPolled' ? [event.partition.partition] : [],
    );
    expect([...polled].sort()).toEqual([2, 3]);
  });
});

describe('a leader of librdkafka', () => {
  it('rejoins for new partitions, which it has assigned already, when its own metadata shows them', () => {
    const trace = play({
      members: ['C1', 'C2'],
      partitions: 2,
      config: { 'topic.metadata.refresh.interval.ms': 20_000 },
      script: [
        start('C1'),
        start('C2'),
        { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 4 },
        { atMs: 12_000, do: 'close', member: 'C2' },
      ],
      untilMs: 30_000,
    });
    const counts = outcomeOf(trace).generations.map(({ assignment }) => assignment.C1?.length);
    expect(counts).toEqual([1, 4, 4]);
  });

  it('assigns partitions that were added since it has seen the cluster last', () => {
    const trace = play({
      partitions: 2,
      script: [
        start('C1'),
        start('C2'),
        { atMs: 10_000, do: 'addPartitions', topic: 'orders', partitions: 4 },
        { atMs: 12_000, do: 'close', member: 'C2' },
      ],
      untilMs: 20_000,
    });
    const assigned = trace.events.findLast(
      (event) => event.kind === 'callbackEntered' && event.callback === 'assigned',
    );
    expect(assigned).toMatchObject({ actor: 'member/C1', partitions: { length: 4 } });
  });
});
