import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../engine/protocol/error-codes.ts';
import {
  asGenerationId,
  asMemberId,
  outcomeOf,
  simulate,
  type Trace,
} from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { MemberBench } from '../../support/member-bench.ts';

const ORDERS_0 = { topic: 'orders', partition: 0 };
const ORDERS_1 = { topic: 'orders', partition: 1 };
const SETTLED = 'stable';

/** A Java member of the classic protocol, whose group is played by hand. */
class Bench extends MemberBench {
  constructor(config: Readonly<Record<string, string | number>> = {}, work = {}) {
    super('java', {
      config: { 'session.timeout.ms': 6000, 'heartbeat.interval.ms': 1500, ...config },
      work,
    });
  }

  /** Up to its first JoinGroup, with metadata of two topics. */
  start(): this {
    return this.command({ do: 'start' })
      .give({ type: 'timer', timer: 'startUp' })
      .seeMetadata()
      .found();
  }

  seeMetadata(orders = 2): this {
    const topics = [
      { name: 'orders', partitions: orders },
      { name: 'clicks', partitions: 1 },
    ];
    return this.give({ type: 'metadata', topics });
  }

  found(): this {
    return this.answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
  }

  joined(generation = 1, errorCode: ErrorCode = 'NONE', parts = {}): this {
    const isIn = errorCode === 'NONE';
    return this.answer({
      type: 'JoinGroupResponse',
      errorCode,
      generationId: isIn ? asGenerationId(generation) : null,
      protocolName: isIn ? 'cooperative-sticky' : null,
      leader: asMemberId('other'),
      memberId: asMemberId('me'),
      skipAssignment: false,
      members: [],
      ...parts,
    });
  }

  synced(assignment = [ORDERS_0], errorCode: ErrorCode = 'NONE'): this {
    return this.answer({ type: 'SyncGroupResponse', errorCode, assignment });
  }

  beat(errorCode: ErrorCode): this {
    this.give({ type: 'timer', timer: 'heartbeat' });
    return this.answer({ type: 'HeartbeatResponse', errorCode });
  }

  committed(errorCode: ErrorCode): this {
    return this.answer({ type: 'OffsetCommitResponse', errorCode, refused: [] });
  }

  /** A member of generation 1 that owns orders-0 and has read up to offset 5. */
  settle(assignment = [ORDERS_0]): this {
    this.start().joined().synced(assignment);
    const offsets = assignment.map((partition) => ({ ...partition, committedOffset: 5 }));
    return this.answer({ type: 'OffsetFetchResponse', errorCode: 'NONE', offsets });
  }

  stall(): this {
    return this.command({ do: 'stall', forMs: 9_000 });
  }

  pollAgain(): this {
    return this.give({ type: 'timer', timer: 'work' });
  }

  /** Reasons of the JoinGroup and LeaveGroup requests so far. */
  get reasons(): readonly (string | null)[] {
    return this.requests.flatMap((request) => {
      if (request.type === 'JoinGroupRequest') return [request.reason];
      return request.type === 'LeaveGroupRequest'
        ? request.members.map(({ reason }) => reason)
        : [];
    });
  }

  get errors(): readonly string[] {
    return this.facts.flatMap((fact) => (fact.kind === 'memberError' ? [fact.exception] : []));
  }

  countOf(type: string): number {
    return this.requests.filter((request) => request.type === type).length;
  }
}

const EAGER = { 'partition.assignment.strategy': 'range' };
const COOPERATIVE = { 'partition.assignment.strategy': 'cooperative-sticky' };
const STATIC = { 'group.instance.id': 'i1' };

describe('a Java member that joins', () => {
  it('says why it tries again, as Kafka words it', () => {
    const bench = new Bench(EAGER).start().joined(1, 'MEMBER_ID_REQUIRED').joined();
    bench.synced([], 'REBALANCE_IN_PROGRESS');
    expect(bench.reasons).toEqual([
      null,
      'need to re-join with the given member-id: me',
      'rebalance failed due to RebalanceInProgressException',
    ]);
  });

  it('does not repeat its revoked call when SyncGroup is answered REBALANCE_IN_PROGRESS', () => {
    const bench = new Bench(EAGER).settle().beat('REBALANCE_IN_PROGRESS').committed('NONE');
    bench.joined(2).synced([], 'REBALANCE_IN_PROGRESS').joined(3).synced();
    expect(bench.callbacks).toEqual(['assigned orders-0', 'revoked orders-0', 'assigned orders-0']);
  });

  it.each([
    'INVALID_SESSION_TIMEOUT',
    'INCONSISTENT_GROUP_PROTOCOL',
    'GROUP_MAX_SIZE_REACHED',
  ] as const)('ends with %s, which poll() throws', (errorCode) => {
    const bench = new Bench().start().joined(1, errorCode);
    expect(bench.state).toBe('failed');
    expect(bench.errors).toHaveLength(1);
    expect(bench.countOf('LeaveGroupRequest')).toBe(0);
  });

  it('gives its id back when the group is full by the time it comes with it', () => {
    const bench = new Bench().start().joined(1, 'MEMBER_ID_REQUIRED');
    bench.joined(1, 'GROUP_MAX_SIZE_REACHED');
    expect(bench.asked).toMatchObject({ type: 'LeaveGroupRequest' });
  });

  it('tells its listener of nothing when the assignment does not match the subscription', () => {
    const bench = new Bench(EAGER).start().joined();
    bench.command({ do: 'subscribe', topics: ['clicks'] }).synced();
    expect(bench.callbacks).toEqual(['revoked ']);
    expect(bench.reasons.at(-1)).toBe(
      'received assignment does not match the current subscription',
    );
  });

  it('waits with a new join until one that unsubscribe() gave up is answered', () => {
    const bench = new Bench({ ...EAGER, ...STATIC }).start();
    bench.command({ do: 'unsubscribe' }).command({ do: 'subscribe', topics: ['orders'] });
    expect(bench.countOf('JoinGroupRequest')).toBe(1);
    bench.joined(1);
    expect(bench.countOf('JoinGroupRequest')).toBe(2);
    expect(bench.state).toBe('joining');
  });

  it('takes a SyncGroup that nobody answers for lost after request.timeout.ms, and joins again', () => {
    const trace = simulate(
      aScenario({
        config: { 'session.timeout.ms': 60_000, 'request.timeout.ms': 20_000 },
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 0, do: 'start', member: 'C2' },
          { atMs: 4_003, do: 'freeze', member: 'C2' },
          { atMs: 50_000, do: 'thaw', member: 'C2' },
        ],
        untilMs: 60_000,
      }),
    );
    const syncs = trace.events.filter(
      (event) => event.kind === 'messageSent' && event.message.type === 'SyncGroupRequest',
    );
    const ofC1 = syncs.filter(({ actor }) => actor === 'member/C1').map(({ atMs }) => atMs);
    expect(ofC1.length).toBeGreaterThan(1);
    expect((ofC1[1] ?? 0) - (ofC1[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
    expect(outcomeOf(trace).final['C1']).toHaveLength(2);
  });
});

describe('a Java leader', () => {
  const lead = (topics: readonly string[]) => ({
    leader: asMemberId('me'),
    members: [
      {
        memberId: asMemberId('me'),
        groupInstanceId: null,
        metadata: { topics, ownedPartitions: [], generationId: null, rackId: null, userData: null },
      },
    ],
  });

  it('looks at the cluster anew when its group subscribes to more than it does', () => {
    const bench = new Bench().start().joined(1, 'NONE', lead(['clicks', 'orders']));
    expect(bench.countOf('SyncGroupRequest')).toBe(0);
    bench.seeMetadata();
    expect(bench.countOf('SyncGroupRequest')).toBe(1);
  });

  it('assigns by what it knows when its group subscribes to what it does', () => {
    const bench = new Bench().start().joined(1, 'NONE', lead(['orders']));
    expect(bench.countOf('SyncGroupRequest')).toBe(1);
  });

  it('wants a rebalance when it sees new partitions; a follower does not', () => {
    const follower = new Bench().settle().seeMetadata(3);
    expect(follower.state).toBe(SETTLED);
    const leader = new Bench()
      .start()
      .joined(1, 'NONE', lead(['orders']))
      .synced()
      .seeMetadata(3);
    expect(leader.reasons.at(-1)).toBe('cached metadata has changed');
  });
});

describe('a Java member whose group goes on without it', () => {
  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'] as const)(
    'loses all it has in its next poll() after a heartbeat is answered %s',
    (errorCode) => {
      const bench = new Bench(COOPERATIVE).settle().stall().beat(errorCode);
      expect(bench.callbacks).toEqual(['assigned orders-0']);
      bench.pollAgain();
      expect(bench.callbacks.at(-1)).toBe('lost orders-0');
      const memberId = errorCode === 'ILLEGAL_GENERATION' ? 'me' : null;
      expect(bench.asked).toMatchObject({ type: 'JoinGroupRequest', memberId });
    },
  );

  it('is told its assignment to the end, and then of the loss, when that happens in revoked', () => {
    const bench = new Bench(COOPERATIVE, { commitInRevoked: true }).settle([ORDERS_0, ORDERS_1]);
    bench.beat('REBALANCE_IN_PROGRESS').committed('NONE').joined(2).synced([ORDERS_0]);
    bench.committed('UNKNOWN_MEMBER_ID');
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1', 'assigned ', 'lost orders-0']);
  });

  it('ignores a refused heartbeat of an earlier generation', () => {
    const bench = new Bench(COOPERATIVE).settle().give({ type: 'timer', timer: 'heartbeat' });
    const { correlationId } = bench.last('HeartbeatRequest');
    bench.beat('REBALANCE_IN_PROGRESS').committed('NONE').joined(2).synced();
    const message = { type: 'HeartbeatResponse', errorCode: 'ILLEGAL_GENERATION' } as const;
    bench.give({ type: 'response', correlationId, message });
    expect(bench.state).toBe(SETTLED);
  });

  it('is thrown out of poll() when a heartbeat finds it fenced: all is lost, nobody is told', () => {
    const bench = new Bench(STATIC).settle().beat('FENCED_INSTANCE_ID');
    expect(bench.errors).toEqual(['FencedInstanceIdException']);
    expect(bench.callbacks.at(-1)).toBe('lost orders-0');
    expect(bench.countOf('LeaveGroupRequest')).toBe(0);
  });

  it('forgets nothing when a commit finds it fenced, so close() calls revoked', () => {
    const bench = new Bench(STATIC).settle().give({ type: 'timer', timer: 'autoCommit' });
    bench.committed('FENCED_INSTANCE_ID');
    expect(bench.errors).toEqual(['FencedInstanceIdException']);
    expect(bench.callbacks.at(-1)).toBe('revoked orders-0');
    expect(bench.countOf('OffsetCommitRequest')).toBe(1);
  });
});

describe('the heartbeat thread of a Java member', () => {
  it('goes on while the application is busy, and takes up the assignment for it', () => {
    const bench = new Bench(COOPERATIVE).settle().beat('REBALANCE_IN_PROGRESS').committed('NONE');
    bench.joined(2).stall().synced();
    bench.beat('REBALANCE_IN_PROGRESS');
    expect(bench.callbacks).toEqual(['assigned orders-0']);
    const joins = bench.countOf('JoinGroupRequest');
    bench.pollAgain().committed('NONE');
    expect(bench.callbacks).toEqual(['assigned orders-0', 'assigned ']);
    expect(bench.countOf('JoinGroupRequest')).toBe(joins + 1);
  });

  it('does not leave while it knows no coordinator, and not at all if poll() comes first', () => {
    const busy = (): Bench => {
      const bench = new Bench(EAGER).settle().stall().give({ type: 'timer', timer: 'heartbeat' });
      return bench.disconnect().give({ type: 'timer', timer: 'poll' });
    };
    expect(busy().state).toBe(SETTLED);
    expect(busy().pollAgain().found().state).toBe(SETTLED);
    const late = busy().found();
    expect(late.reasons.at(-1)).toBe('consumer poll timeout has expired.');
    expect(late.state).toBe('lost');
  });

  it('looks for the coordinator anew when a heartbeat finds none, and beats again', () => {
    const bench = new Bench().settle().stall().beat('NOT_COORDINATOR');
    bench.give({ type: 'timer', timer: 'retry' }).found();
    expect(bench.asked.type).toBe('HeartbeatRequest');
  });

  it('counts its session anew from the coordinator it has found', () => {
    const bench = new Bench().settle().stall();
    bench.nowMs = 6_000;
    bench.give({ type: 'timer', timer: 'heartbeat' }).found();
    expect(bench.asked.type).toBe('HeartbeatRequest');
    bench.nowMs = 7_500;
    bench.give({ type: 'timer', timer: 'heartbeat' });
    expect(bench.asked.type).toBe('HeartbeatRequest');
  });
});

describe('a Java member that commits', () => {
  it('counts the auto commit interval from the poll() that commits', () => {
    const commitsAt = (trace: Trace): readonly number[] =>
      trace.events.flatMap((event) =>
        event.kind === 'messageSent' && event.message.type === 'OffsetCommitRequest'
          ? [event.atMs]
          : [],
      );
    const trace = simulate(
      aScenario({
        members: ['C1'],
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 6_000, do: 'stall', member: 'C1', forMs: 6_000 },
        ],
        untilMs: 20_000,
      }),
    );
    expect(commitsAt(trace)).toEqual([12_000, 17_000]);
  });

  it.each([
    ['joining', 'RebalanceInProgressException', (bench: Bench) => bench],
    ['syncing', 'RebalanceInProgressException', (bench: Bench) => bench.joined(2)],
  ])('is refused without a request while it is %s', (_state, exception, reach) => {
    const bench = new Bench(COOPERATIVE).settle().beat('REBALANCE_IN_PROGRESS').committed('NONE');
    reach(bench);
    const before = bench.countOf('OffsetCommitRequest');
    bench.command({ do: 'commit' });
    expect(bench.errors).toEqual([exception]);
    expect(bench.countOf('OffsetCommitRequest')).toBe(before);
  });

  it('waits with its rejoin for the commit before it, and goes on whatever comes of that', () => {
    const bench = new Bench(EAGER).settle().beat('REBALANCE_IN_PROGRESS');
    expect(bench.callbacks).toEqual(['assigned orders-0']);
    bench.committed('REBALANCE_IN_PROGRESS');
    expect(bench.callbacks.at(-1)).toBe('revoked orders-0');
    expect(bench.asked.type).toBe('JoinGroupRequest');
  });

  it('with nothing to begin from and auto.offset.reset none is thrown out of poll()', () => {
    const bench = new Bench({ 'auto.offset.reset': 'none' }).start().joined().synced();
    const offsets = [{ ...ORDERS_0, committedOffset: null }];
    bench.answer({ type: 'OffsetFetchResponse', errorCode: 'NONE', offsets });
    expect(bench.errors).toEqual(['NoOffsetForPartitionException']);
  });
});

describe('close() of a Java member', () => {
  it('calls revoked when it is settled, and leaves', () => {
    const bench = new Bench().settle().command({ do: 'close' }).committed('NONE');
    expect(bench.callbacks.at(-1)).toBe('revoked orders-0');
    expect(bench.asked.type).toBe('LeaveGroupRequest');
  });

  it('calls lost in a rebalance, without a commit, and leaves', () => {
    const bench = new Bench(COOPERATIVE).settle().beat('REBALANCE_IN_PROGRESS').committed('NONE');
    const before = bench.countOf('OffsetCommitRequest');
    bench.command({ do: 'close' });
    expect(bench.callbacks.at(-1)).toBe('lost orders-0');
    expect(bench.countOf('OffsetCommitRequest')).toBe(before);
    expect(bench.asked.type).toBe('LeaveGroupRequest');
  });

  it('says nothing to the group as a static member', () => {
    const bench = new Bench(STATIC).settle().command({ do: 'close' }).committed('NONE');
    expect(bench.countOf('LeaveGroupRequest')).toBe(0);
    expect(bench.state).toBe('left');
  });

  it('looks for the coordinator to commit, as long as close() may take', () => {
    const lost = (): Bench => {
      const bench = new Bench().settle().give({ type: 'timer', timer: 'heartbeat' }).disconnect();
      return bench.command({ do: 'close' });
    };
    const bench = lost().found();
    expect(bench.asked.type).toBe('OffsetCommitRequest');
    bench.committed('NONE');
    expect(bench.asked.type).toBe('LeaveGroupRequest');
    const late = lost().give({ type: 'timer', timer: 'close' });
    expect([late.state, late.countOf('LeaveGroupRequest')]).toEqual(['left', 0]);
  });
});

describe('unsubscribe() of a Java member', () => {
  it('calls revoked when settled, lost in a rebalance, and commits nothing', () => {
    const settled = new Bench(COOPERATIVE).settle().command({ do: 'unsubscribe' });
    expect(settled.callbacks.at(-1)).toBe('revoked orders-0');
    expect(settled.countOf('OffsetCommitRequest')).toBe(0);
    const bench = new Bench(COOPERATIVE).settle().beat('REBALANCE_IN_PROGRESS').committed('NONE');
    expect(bench.command({ do: 'unsubscribe' }).callbacks.at(-1)).toBe('lost orders-0');
  });

  it('joins in the next poll() after subscribe(), also when that comes out of a stall', () => {
    const bench = new Bench().settle().command({ do: 'unsubscribe' });
    bench.answer({ type: 'LeaveGroupResponse', errorCode: 'NONE', members: [] });
    bench.stall().command({ do: 'subscribe', topics: ['orders'] });
    expect(bench.state).toBe('unsubscribed');
    bench.pollAgain();
    expect(bench.asked).toMatchObject({ type: 'JoinGroupRequest', memberId: null });
  });
});

describe('the constructor of a Java consumer', () => {
  it('takes max.poll.records only from 1 on', () => {
    const bench = new Bench({ 'max.poll.records': 0 }).command({ do: 'start' });
    bench.give({ type: 'timer', timer: 'startUp' });
    expect(bench.errors).toEqual(['ConfigException']);
    expect(bench.state).toBe('failed');
  });

  it('takes an assignor that is named twice for one', () => {
    const bench = new Bench({ 'partition.assignment.strategy': 'range,range' }).start();
    expect(bench.asked).toMatchObject({ protocols: [{ name: 'range' }] });
  });

  it('knows no auto.offset.reset but its own', () => {
    expect(() => new Bench({ 'auto.offset.reset': 'smallest' })).toThrow(/expected earliest/);
  });
});
