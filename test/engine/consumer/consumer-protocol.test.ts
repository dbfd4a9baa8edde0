import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../engine/protocol/error-codes.ts';
import { asMemberId } from '../../../engine/protocol/ids.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../../engine/protocol/messages.ts';
import { MemberBench } from '../../support/member-bench.ts';

const orders = (...numbers: readonly number[]) =>
  numbers.map((partition) => ({ topic: 'orders', partition }));

/** A member of the consumer protocol. */
class Bench extends MemberBench {
  constructor(
    config: Readonly<Record<string, string | number | boolean>> = {},
    work: Readonly<Record<string, unknown>> = {},
  ) {
    super('java', { config: { 'group.protocol': 'consumer', ...config }, work });
  }

  /** Up to its first heartbeat. */
  join(): this {
    return this.command({ do: 'start' })
      .give({ type: 'memberId', memberId: asMemberId('me') })
      .give({ type: 'timer', timer: 'startUp' })
      .answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
  }

  /** Answers its last heartbeat. */
  told(memberEpoch: number, ...partitions: readonly number[]): this {
    return this.#answerHeartbeat('NONE', memberEpoch, orders(...partitions));
  }

  /** Answers its last heartbeat with nothing new. */
  heard(memberEpoch: number): this {
    return this.#answerHeartbeat('NONE', memberEpoch, null);
  }

  refused(errorCode: ErrorCode): this {
    return this.#answerHeartbeat(errorCode, 0, null);
  }

  /** A member at epoch 2 that owns partitions 0 and 1, with positions. */
  settle(): this {
    return this.join()
      .told(2, 0, 1)
      .heard(2)
      .answer({
        type: 'OffsetFetchResponse',
        errorCode: 'NONE',
        offsets: orders(0, 1).map((each) => ({ ...each, committedOffset: 5 })),
      });
  }

  beat(): this {
    return this.give({ type: 'timer', timer: 'heartbeat' });
  }

  committed(errorCode: ErrorCode = 'NONE'): this {
    return this.answer({ type: 'OffsetCommitResponse', errorCode, refused: [] });
  }

  /** The last heartbeat, in the fields that say something. */
  get said(): Partial<ConsumerGroupHeartbeatRequest> {
    const request = this.requests.findLast(({ type }) => type === 'ConsumerGroupHeartbeatRequest');
    return Object.fromEntries(
      Object.entries(request ?? {}).filter(
        ([key, value]) => value !== null && !['type', 'groupId', 'memberId'].includes(key),
      ),
    );
  }

  #answerHeartbeat(
    errorCode: ErrorCode,
    memberEpoch: number,
    assignment: ReturnType<typeof orders> | null,
  ): this {
    return this.answer({
      type: 'ConsumerGroupHeartbeatResponse',
      errorCode,
      memberEpoch,
      heartbeatIntervalMs: errorCode === 'NONE' ? 5_000 : 0,
      assignment,
    });
  }
}

describe('a member of the consumer protocol', () => {
  it('joins with epoch 0 and all it has to say, takes what it is told, and acknowledges', () => {
    const bench = new Bench({ 'max.poll.interval.ms': 9_000 }).join();
    expect(bench.said).toEqual({
      memberEpoch: 0,
      rebalanceTimeoutMs: 9_000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    });
    bench.told(2, 0, 1);
    expect(bench.said).toEqual({ memberEpoch: 2, topicPartitions: orders(0, 1) });
    expect(bench.path).toEqual([
      'starting',
      'unsubscribed',
      'joining',
      'reconciling',
      'acknowledging',
      'stable',
    ]);
    expect(bench.callbacks).toEqual(['assigned orders-0,orders-1']);
    const fetch = bench.requests.find(({ type }) => type === 'OffsetFetchRequest');
    expect(fetch).toMatchObject({ memberId: 'me', memberEpoch: 2 });
  });

  it('hears of an empty assignment too when it has just joined', () => {
    const bench = new Bench().join().told(3);
    expect(bench.callbacks).toEqual(['assigned ']);
    expect(bench.said).toEqual({ memberEpoch: 3, topicPartitions: [] });
  });

  it('says only what has changed', () => {
    const bench = new Bench().settle().beat();
    expect(bench.said).toEqual({ memberEpoch: 2 });
    bench
      .heard(2)
      .command({ do: 'subscribe', topics: ['payments'] })
      .beat();
    expect(bench.said).toEqual({ memberEpoch: 2, subscribedTopicNames: ['payments'] });
  });

  it('commits, gives up, hears of nothing new, and acknowledges what is left', () => {
    const bench = new Bench().settle().beat().told(2, 0);
    expect([bench.state, bench.asked.type]).toEqual(['reconciling', 'OffsetCommitRequest']);
    bench.committed();
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1', 'assigned ']);
    expect(bench.said).toEqual({ memberEpoch: 2, topicPartitions: orders(0) });
  });

  it('commits again with the new epoch when the old one has become stale', () => {
    const bench = new Bench().settle().beat().told(2, 0).committed('STALE_MEMBER_EPOCH');
    expect(bench.callbacks).toHaveLength(1);
    bench.give({ type: 'timer', timer: 'retry' });
    expect(bench.asked.type).toBe('OffsetCommitRequest');
    bench.committed();
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1', 'assigned ']);
  });

  it('goes on without the commit when that cannot succeed', () => {
    const bench = new Bench().settle().beat().told(2, 0).committed('UNKNOWN_MEMBER_ID');
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1', 'assigned ']);
  });

  it('commits inside the revoked callback when its application does', () => {
    const bench = new Bench({ 'enable.auto.commit': false }, { commitInRevoked: true });
    bench.settle().beat().told(2, 0);
    expect(bench.asked.type).toBe('OffsetCommitRequest');
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1']);
    bench.committed();
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-1', 'assigned ']);
  });

  it('reconciles only inside poll(), and goes on heartbeating until then', () => {
    const bench = new Bench().settle().command({ do: 'stall', forMs: 20_000 }).beat().told(2, 0);
    expect(bench.state).toBe('reconciling');
    expect(bench.asked.type).toBe('ConsumerGroupHeartbeatRequest');
    bench.beat().heard(2).give({ type: 'timer', timer: 'work' });
    expect(bench.asked.type).toBe('OffsetCommitRequest');
  });

  it('works on the assignment it began with, then on one that came meanwhile', () => {
    const bench = new Bench().settle().beat().told(2, 0).beat().told(3, 0, 2);
    bench.committed();
    expect(bench.said).toEqual({ memberEpoch: 3, topicPartitions: orders(0) });
    expect(bench.path.slice(-3)).toEqual(['reconciling', 'acknowledging', 'reconciling']);
  });

  it('does nothing when its share does not change', () => {
    const bench = new Bench().settle().beat().heard(3);
    expect([bench.state, bench.callbacks.length]).toEqual(['stable', 1]);
    bench.beat();
    expect(bench.said).toEqual({ memberEpoch: 3 });
  });

  it.each(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID'] as const)(
    'loses all on %s, and joins again with the id it has',
    (errorCode) => {
      const bench = new Bench().settle().beat().refused(errorCode);
      expect(bench.callbacks.slice(1)).toEqual(['lost orders-0,orders-1']);
      expect(bench.path.slice(-2)).toEqual(['fenced', 'joining']);
      expect(bench.said).toMatchObject({ memberEpoch: 0, topicPartitions: [] });
      expect(bench.asked).toMatchObject({ memberId: 'me' });
    },
  );

  it('waits for its application before it joins again', () => {
    const bench = new Bench().settle().command({ do: 'stall', forMs: 20_000 }).beat();
    bench.refused('FENCED_MEMBER_EPOCH');
    expect(bench.state).toBe('fenced');
    bench.give({ type: 'timer', timer: 'work' });
    expect(bench.state).toBe('joining');
  });

  it.each([
    'UNRELEASED_INSTANCE_ID',
    'FENCED_INSTANCE_ID',
    'GROUP_MAX_SIZE_REACHED',
    'UNSUPPORTED_ASSIGNOR',
    'INVALID_REQUEST',
    'GROUP_ID_NOT_FOUND',
  ] as const)('ends on %s, which poll() throws', (errorCode) => {
    const bench = new Bench({ 'enable.auto.commit': false }).settle().beat().refused(errorCode);
    expect(bench.callbacks.slice(1)).toEqual(['lost orders-0,orders-1']);
    expect(bench.path.slice(-4)).toEqual(['fatal', 'prepareLeaving', 'leaving', 'failed']);
    expect(bench.notes).toContain('memberError');
  });

  it.each(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'] as const)(
    'looks for the coordinator on %s, and says everything again',
    (errorCode) => {
      const bench = new Bench().settle().beat().refused(errorCode);
      expect(bench.asked.type).toBe('FindCoordinatorRequest');
      bench.answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
      expect(bench.said).toMatchObject({
        memberEpoch: 2,
        subscribedTopicNames: ['orders'],
        topicPartitions: orders(0, 1),
      });
    },
  );

  it('does the same when the connection breaks', () => {
    const bench = new Bench().settle().beat().disconnect();
    expect(bench.asked.type).toBe('FindCoordinatorRequest');
    bench.answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
    expect(bench.said).toMatchObject({ memberEpoch: 2, topicPartitions: orders(0, 1) });
  });

  it.each([
    [{}, -1],
    [{ 'group.instance.id': 'i1' }, -2],
  ])('leaves at the first heartbeat after max.poll.interval.ms (%o)', (config, leaveEpoch) => {
    const bench = new Bench(config).settle().command({ do: 'stall', forMs: 900_000 });
    bench.give({ type: 'timer', timer: 'poll' });
    expect(bench.state).toBe('stable');
    bench.beat();
    expect(bench.path.slice(-2)).toEqual(['leaving', 'stale']);
    expect(bench.said).toMatchObject({ memberEpoch: leaveEpoch, topicPartitions: [] });
    bench.heard(leaveEpoch);
    expect(bench.callbacks).toHaveLength(1);
    bench.give({ type: 'timer', timer: 'work' });
    expect(bench.callbacks.slice(1)).toEqual(['lost orders-0,orders-1']);
    expect(bench.said).toMatchObject({ memberEpoch: 0, topicPartitions: [] });
  });

  it('does not leave when its application polls before that heartbeat is due', () => {
    const bench = new Bench().settle().command({ do: 'stall', forMs: 300_500 });
    bench.give({ type: 'timer', timer: 'poll' }).give({ type: 'timer', timer: 'work' }).beat();
    expect(bench.state).toBe('stable');
    expect(bench.said).toEqual({ memberEpoch: 2 });
  });

  it('acknowledges without its application that it is to have what it has', () => {
    const bench = new Bench().settle().command({ do: 'stall', forMs: 20_000 }).beat().told(2, 0);
    bench.beat().told(2, 0, 1);
    expect(bench.state).toBe('stable');
    expect(bench.said).toEqual({ memberEpoch: 2, topicPartitions: orders(0, 1) });
    expect(bench.callbacks).toHaveLength(1);
  });

  it('asks a coordinator that is loading again after its back-off', () => {
    const bench = new Bench({ 'retry.backoff.ms': 250 }).settle().beat();
    bench.refused('COORDINATOR_LOAD_IN_PROGRESS');
    expect(bench.timers.at(-1)).toBe('heartbeat');
    bench.beat();
    expect(bench.said).toMatchObject({ memberEpoch: 2, topicPartitions: orders(0, 1) });
  });

  it.each([
    ['close', 'revoked'],
    ['unsubscribe', 'lost'],
  ] as const)('%s() of a member that has been away for too long calls %s', (what, callback) => {
    const bench = new Bench({ 'enable.auto.commit': false }).settle();
    bench.command({ do: 'stall', forMs: 900_000 }).give({ type: 'timer', timer: 'poll' }).beat();
    bench.command({ do: what }).give({ type: 'timer', timer: 'work' });
    expect(bench.callbacks.slice(1)).toEqual([`${callback} orders-0,orders-1`]);
  });

  it('leaves it to the coordinator to refuse a commit without an epoch', () => {
    const bench = new Bench().settle().command({ do: 'stall', forMs: 900_000 });
    bench.give({ type: 'timer', timer: 'poll' }).beat().heard(-1);
    bench.give({ type: 'timer', timer: 'autoCommit' }).give({ type: 'timer', timer: 'work' });
    const commit = bench.requests.find(({ type }) => type === 'OffsetCommitRequest');
    expect(commit).toMatchObject({ memberId: 'me', generationId: null });
  });

  it.each([
    [{}, -1],
    [{ 'group.instance.id': 'i1' }, -2],
  ])('closes: commit, revoked, a last heartbeat, the end (%o)', (config, leaveEpoch) => {
    const bench = new Bench(config).settle().command({ do: 'close' });
    expect([bench.state, bench.asked.type]).toEqual(['prepareLeaving', 'OffsetCommitRequest']);
    bench.committed();
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-0,orders-1']);
    expect(bench.said).toMatchObject({ memberEpoch: leaveEpoch, topicPartitions: [] });
    bench.heard(leaveEpoch);
    expect(bench.state).toBe('left');
  });

  it('unsubscribes without a commit, and joins again after subscribe()', () => {
    const bench = new Bench().settle().command({ do: 'unsubscribe' });
    expect(bench.callbacks.slice(1)).toEqual(['revoked orders-0,orders-1']);
    expect(bench.said).toMatchObject({ memberEpoch: -1 });
    expect(bench.state).toBe('unsubscribed');
    bench.heard(-1).command({ do: 'subscribe', topics: ['orders'] });
    expect(bench.said).toMatchObject({ memberEpoch: 0, subscribedTopicNames: ['orders'] });
  });

  it.each([
    ['close', 'left'],
    ['unsubscribe', 'unsubscribed'],
  ] as const)('commits in the revoked callback of %s() before it leaves', (what, state) => {
    const bench = new Bench({ 'enable.auto.commit': false }, { commitInRevoked: true }).settle();
    bench.command({ do: what });
    expect([bench.asked.type, bench.notes.at(-1)]).toEqual([
      'OffsetCommitRequest',
      'callbackEntered',
    ]);
    bench.committed();
    expect(bench.said).toMatchObject({ memberEpoch: -1 });
    bench.heard(-1);
    expect(bench.state).toBe(state);
  });

  it('closes without a word when it is in no group', () => {
    const bench = new Bench().settle().command({ do: 'unsubscribe' }).heard(-1);
    const sent = bench.requests.length;
    bench.command({ do: 'close' });
    expect([bench.state, bench.requests.length]).toEqual(['left', sent]);
  });

  it('hears what a commit of its own is answered', () => {
    const bench = new Bench().settle().command({ do: 'commit' }).committed('STALE_MEMBER_EPOCH');
    expect(bench.facts.at(-1)).toMatchObject({ exception: 'CommitFailedException' });
    expect(bench.state).toBe('stable');
  });

  it('asks again where to begin when its epoch was stale', () => {
    const bench = new Bench().join().told(2, 0).heard(2);
    const before = bench.requests.length;
    bench.answer({ type: 'OffsetFetchResponse', errorCode: 'STALE_MEMBER_EPOCH', offsets: [] });
    expect(bench.requests.slice(before).map(({ type }) => type)).toEqual(['OffsetFetchRequest']);
  });
});
