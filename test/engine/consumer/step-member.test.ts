import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../engine/protocol/error-codes.ts';
import {
  asGenerationId,
  asMemberId,
  describe as say,
  outcomeOf,
  simulate,
  type Trace,
} from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { MemberBench } from '../../support/member-bench.ts';

/** A member of the classic protocol. */
class Bench extends MemberBench {
  /** Up to its first JoinGroup. */
  start(): this {
    return this.give({ type: 'command', command: { do: 'start', member: this.member.config.name } })
      .give({ type: 'timer', timer: 'startUp' })
      .answer({ type: 'FindCoordinatorResponse', errorCode: 'NONE' });
  }

  answerJoin(errorCode: ErrorCode): this {
    const isIn = errorCode === 'NONE';
    return this.answer({
      type: 'JoinGroupResponse',
      errorCode,
      generationId: isIn ? asGenerationId(1) : null,
      protocolName: isIn ? 'range' : null,
      leader: asMemberId('other'),
      memberId: asMemberId('me'),
      skipAssignment: false,
      members: [],
    });
  }

  /** A member of generation 1 that owns `orders-0`. */
  settle(): this {
    return this.start()
      .answerJoin('NONE')
      .answer({
        type: 'SyncGroupResponse',
        errorCode: 'NONE',
        assignment: [{ topic: 'orders', partition: 0 }],
      });
  }
}

const HEARTBEAT = { type: 'timer', timer: 'heartbeat' } as const;

describe('stepMember', () => {
  it('joins again at once, with the id it was given', () => {
    const bench = new Bench().start().answerJoin('MEMBER_ID_REQUIRED');
    expect(bench.state).toBe('joining');
    expect(bench.requests.at(-1)).toMatchObject({ type: 'JoinGroupRequest', memberId: 'me' });
  });

  it('backs off when the coordinator is not ready, and joins again after that', () => {
    const bench = new Bench().start().answerJoin('COORDINATOR_LOAD_IN_PROGRESS');
    const sent = bench.requests.length;
    expect([bench.state, bench.timers.at(-1)]).toEqual(['retrying', 'retry']);
    expect(bench.requests).toHaveLength(sent);
    bench.give({ type: 'timer', timer: 'retry' });
    expect(bench.requests.at(-1)?.type).toBe('JoinGroupRequest');
  });

  it('ends with an error that poll() throws, such as a session timeout that the broker refuses', () => {
    const bench = new Bench().start().answerJoin('INVALID_SESSION_TIMEOUT');
    expect(bench.state).toBe('failed');
    expect(bench.notes).toContain('memberError');
  });

  it('sends no heartbeat while its JoinGroup is under way', () => {
    const bench = new Bench().start();
    const sent = bench.requests.length;
    bench.give(HEARTBEAT);
    expect(bench.requests).toHaveLength(sent);
  });

  it('goes on heartbeating from its own thread while the application works', () => {
    const bench = new Bench().settle();
    bench.give({
      type: 'command',
      command: { do: 'stall', member: bench.member.config.name, forMs: 9_000 },
    });
    bench.give(HEARTBEAT);
    expect(bench.requests.at(-1)?.type).toBe('HeartbeatRequest');
  });

  it('hears of a rebalance at once, but acts in its next poll()', () => {
    const bench = new Bench().settle();
    const command = { do: 'stall', member: bench.member.config.name, forMs: 9_000 } as const;
    bench.give({ type: 'command', command }).give(HEARTBEAT);
    bench.answer({ type: 'HeartbeatResponse', errorCode: 'REBALANCE_IN_PROGRESS' });
    expect(bench.state).toBe('rejoinNeeded');
    bench.give({ type: 'timer', timer: 'work' });
    expect(['committing', 'joining']).toContain(bench.state);
  });

  it('leaves when it has not polled for max.poll.interval.ms, and tells the application later', () => {
    const bench = new Bench().settle();
    const command = { do: 'stall', member: bench.member.config.name, forMs: 9_000 } as const;
    bench.give({ type: 'command', command }).give({ type: 'timer', timer: 'poll' });
    expect(bench.requests.at(-1)?.type).toBe('LeaveGroupRequest');
    expect(bench.state).toBe('lost');
    expect(bench.member.assignment).toHaveLength(1);
    bench.give({ type: 'timer', timer: 'work' });
    expect(bench.member.assignment).toEqual([]);
    expect(bench.state).toBe('joining');
  });

  it('looks for the coordinator anew after a session timeout of silence, and keeps its partitions', () => {
    const bench = new Bench().settle();
    bench.nowMs = 6_000;
    bench.give(HEARTBEAT);
    expect(bench.requests.at(-1)?.type).toBe('FindCoordinatorRequest');
    expect(bench.member.assignment).toHaveLength(1);
  });

  it('as kafkajs sends no heartbeat while a handler runs', () => {
    const bench = new Bench('kafkajs', { config: {}, work: { perRecordMs: 100 } }).settle();
    bench.answer({
      type: 'OffsetFetchResponse',
      errorCode: 'NONE',
      offsets: [{ topic: 'orders', partition: 0, committedOffset: 0 }],
    });
    const records = { partition: { topic: 'orders', partition: 0 }, firstOffset: 0, lastOffset: 4 };
    bench.give({ type: 'fetched', fetchId: bench.member.fetchId, batches: [records] });
    const sent = bench.requests.length;
    bench.give(HEARTBEAT);
    expect(bench.requests).toHaveLength(sent);
    bench.give({ type: 'timer', timer: 'work' });
    expect(bench.requests.at(-1)?.type).toBe('HeartbeatRequest');
  });
});

describe('a consumer that commits', () => {
  const script = [
    { atMs: 0, do: 'start', member: 'C1' },
    { atMs: 6_000, do: 'produce', topic: 'orders', count: 20 },
    { atMs: 8_000, do: 'start', member: 'C2' },
  ];
  const run = (config: Readonly<Record<string, string>>, work = {}): Trace =>
    simulate(
      aScenario({
        partitions: 2,
        config: { 'session.timeout.ms': '6000', 'heartbeat.interval.ms': '1500', ...config },
        work,
        script,
        untilMs: 20_000,
      }),
    );

  it('repeats nothing with auto commit, because it commits before it gives up', () => {
    expect(outcomeOf(run({})).redelivered).toEqual({});
  });

  it('repeats everything without any commit', () => {
    const { redelivered } = outcomeOf(run({ 'enable.auto.commit': 'false' }));
    expect(redelivered).toEqual({ 'orders-0': 10, 'orders-1': 10 });
  });

  it('repeats nothing when it commits in the revoked callback', () => {
    const trace = run({ 'enable.auto.commit': 'false' }, { commitInRevoked: true });
    expect(outcomeOf(trace).redelivered).toEqual({});
    const accepted = trace.events.find(({ kind }) => kind === 'commitAccepted');
    expect(say(trace, accepted?.step ?? 0)).toContain('takes C1’s commit: orders-0 at 10');
  });
});

describe('a listener that commits', () => {
  it.each(['close', 'unsubscribe'])(
    'does so in %s() too, so that nothing is read twice',
    (what) => {
      const trace = simulate(
        aScenario({
          config: { 'enable.auto.commit': false, 'partition.assignment.strategy': 'range' },
          work: { commitInRevoked: true },
          script: [
            { atMs: 0, do: 'start', member: 'C1' },
            { atMs: 0, do: 'start', member: 'C2' },
            { atMs: 10_000, do: 'produce', topic: 'orders', count: 20 },
            { atMs: 12_000, do: what, member: 'C2' },
          ],
          untilMs: 30_000,
        }),
      );
      expect(outcomeOf(trace).final['C1']).toHaveLength(4);
      expect(outcomeOf(trace).redelivered).toEqual({});
    },
  );
});
