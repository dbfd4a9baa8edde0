import { describe, expect, it } from 'vitest';
import { asGroupInstanceId } from '../../../../engine/protocol/ids.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../../../engine/protocol/messages.ts';
import { CoordinatorBench } from '../../../support/coordinator-bench.ts';

const I1 = asGroupInstanceId('i1');

/** M1 and M2 share six partitions, both stable at epoch 3. */
function twoMembers(...args: ConstructorParameters<typeof CoordinatorBench>): CoordinatorBench {
  const bench = new CoordinatorBench(...args);
  bench.beat('M1', 0);
  bench.beat('M2', 0);
  bench.beat('M1', 2);
  bench.beat('M1', 2, { owned: 'orders-0 orders-1 orders-2' });
  bench.beat('M2', 3);
  return bench;
}

describe('a heartbeat', () => {
  it('makes the group, whose first member comes to epoch 2 with everything', () => {
    const bench = new CoordinatorBench();
    expect(bench.told('M1', 0)).toBe('2: orders-0 orders-1 orders-2 orders-3 orders-4 orders-5');
    expect(bench.state).toBe('Stable 2');
  });

  it('hands partitions over one by one: told, given up, acknowledged, given', () => {
    const bench = new CoordinatorBench();
    bench.beat('M1', 0);
    expect(bench.told('M2', 0)).toBe('3:');
    expect(bench.state).toBe('Reconciling 3');
    expect(bench.told('M1', 2)).toBe('2: orders-0 orders-1 orders-2');
    expect(bench.told('M2', 3)).toBe('3: -');
    expect(bench.told('M1', 2, { owned: 'orders-0 orders-1 orders-2' })).toBe('3: -');
    expect(bench.told('M2', 3)).toBe('3: orders-3 orders-4 orders-5');
    expect(bench.state).toBe('Stable 3');
  });

  it('is told everything again when it says everything', () => {
    const bench = twoMembers();
    const whole = { rebalanceTimeoutMs: 300_000, subscribedTopicNames: ['orders'] };
    const owned = 'orders-0 orders-1 orders-2';
    expect(bench.told('M1', 3, { ...whole, owned })).toBe('3: orders-0 orders-1 orders-2');
  });

  const REFUSED: readonly [string, Partial<ConsumerGroupHeartbeatRequest>, number, string][] = [
    ['a negative epoch that means nothing', {}, -3, 'INVALID_REQUEST'],
    ['leaving for a while without being static', {}, -2, 'INVALID_REQUEST'],
    ['joining without a rebalance timeout', { rebalanceTimeoutMs: null }, 0, 'INVALID_REQUEST'],
    ['joining without topics', { subscribedTopicNames: null }, 0, 'INVALID_REQUEST'],
    ['joining without saying what it owns', { topicPartitions: null }, 0, 'INVALID_REQUEST'],
    [
      'joining with partitions',
      { topicPartitions: [{ topic: 'orders', partition: 0 }] },
      0,
      'INVALID_REQUEST',
    ],
    ['an assignor that the broker lacks', { serverAssignor: 'best' }, 0, 'UNSUPPORTED_ASSIGNOR'],
    ['a member that the group does not know', {}, 3, 'UNKNOWN_MEMBER_ID'],
    ['an instance that the group does not know', { groupInstanceId: I1 }, 3, 'UNKNOWN_MEMBER_ID'],
  ];

  it.each(REFUSED)('is refused: %s', (_, parts, epoch, errorCode) => {
    const bench = twoMembers();
    const before = bench.coordinator;
    expect(bench.told('M9', epoch, parts)).toBe(errorCode);
    expect(bench.timers).toEqual([]);
    expect(bench.coordinator.group).toEqual(before.group);
  });

  it('of a group that is not there is refused, unless it joins', () => {
    expect(new CoordinatorBench().told('M1', 2)).toBe('GROUP_ID_NOT_FOUND');
    expect(new CoordinatorBench().told('M1', -1)).toBe('GROUP_ID_NOT_FOUND');
  });

  it('is refused when the group is full', () => {
    const bench = twoMembers({ orders: 6 }, { maxSize: 2 });
    expect(bench.told('M3', 0)).toBe('GROUP_MAX_SIZE_REACHED');
    expect(bench.told('M2', 3)).toBe('3: -');
  });

  it.each([
    ['the epoch it was told', 3, {}, '3: -'],
    ['a later epoch', 4, {}, 'FENCED_MEMBER_EPOCH'],
    ['the epoch before, without partitions', 2, {}, 'FENCED_MEMBER_EPOCH'],
    ['the epoch before, with what it was given', 2, { owned: 'orders-0' }, '3: -'],
    ['the epoch before, with more', 2, { owned: 'orders-5' }, 'FENCED_MEMBER_EPOCH'],
    ['an epoch before that', 1, { owned: 'orders-0' }, 'FENCED_MEMBER_EPOCH'],
  ])('may come with %s', (_, epoch, parts, told) => {
    expect(twoMembers().told('M1', epoch, parts)).toBe(told);
  });

  it('with epoch 0 of a member that is known goes on at its epoch', () => {
    expect(twoMembers().told('M1', 0)).toBe('3: orders-0 orders-1 orders-2');
  });

  it('restarts the session, and starts the clock of what has to be given up', () => {
    const bench = new CoordinatorBench();
    bench.beat('M1', 0);
    expect(bench.timers).toEqual(['-revocationTimeout M1', '+session M1 45000']);
    bench.beat('M2', 0);
    bench.beat('M1', 2);
    expect(bench.timers).toEqual(['+revocationTimeout M1 300000', '+session M1 45000']);
    bench.beat('M1', 2, { owned: 'orders-0 orders-1 orders-2' });
    expect(bench.timers).toEqual(['-revocationTimeout M1', '+session M1 45000']);
  });
});

describe('the group’s epoch', () => {
  it('grows when a member subscribes to other topics, not when it names the same', () => {
    const bench = twoMembers({ orders: 6, payments: 2 });
    bench.beat('M1', 3, { subscribedTopicNames: ['orders'] });
    expect(bench.state).toBe('Stable 3');
    bench.beat('M1', 3, { subscribedTopicNames: ['orders', 'payments'] });
    expect(bench.group.groupEpoch).toBe(4);
  });

  it('takes partitions of a dropped topic away at once', () => {
    const bench = new CoordinatorBench({ orders: 2, payments: 2 });
    bench.beat('M1', 0, { subscribedTopicNames: ['orders', 'payments'] });
    expect(bench.told('M1', 2, { subscribedTopicNames: ['orders'] })).toBe('2: orders-0 orders-1');
    expect(bench.member('M1')).toBe('UNREVOKED_PARTITIONS 2: orders-0 orders-1');
  });

  it('grows with the next heartbeat of anybody after a subscribed topic has grown', () => {
    const bench = twoMembers().setTopics({ orders: 8 });
    expect(bench.state).toBe('Stable 3');
    bench.beat('M2', 3);
    expect(bench.group.groupEpoch).toBe(4);
  });

  it('does not care for topics that nobody subscribes to', () => {
    const bench = twoMembers().setTopics({ orders: 6, other: 3 });
    bench.beat('M2', 3);
    expect(bench.state).toBe('Stable 3');
  });

  it('grows when a member leaves, but the target waits for somebody’s heartbeat', () => {
    const bench = twoMembers();
    expect(bench.told('M2', -1)).toBe('-1: -');
    expect([bench.state, bench.group.targetEpoch]).toEqual(['Assigning 4', 3]);
    expect(bench.told('M1', 3)).toBe('4: orders-0 orders-1 orders-2 orders-3 orders-4 orders-5');
    expect(bench.state).toBe('Stable 4');
  });
});

describe('the target', () => {
  it('is not computed again before the assignment interval is over', () => {
    const bench = new CoordinatorBench({ orders: 6 }, { assignmentIntervalMs: 1_000 });
    bench.beat('M1', 0);
    bench.nowMs = 999;
    expect(bench.told('M2', 0)).toBe('2:');
    expect(bench.state).toBe('Assigning 3');
    bench.nowMs = 1_000;
    expect(bench.told('M1', 2)).toBe('2: orders-0 orders-1 orders-2');
    expect(bench.state).toBe('Reconciling 3');
  });

  it.each([
    ['the broker’s first', [null, null], 'range'],
    ['the one that most ask for', ['uniform', 'uniform'], 'uniform'],
    ['of equals, uniform', ['range', 'uniform'], 'uniform'],
  ])('is made by %s', (_, wanted, assignor) => {
    const bench = new CoordinatorBench();
    wanted.forEach((serverAssignor, index) => bench.beat(`M${index + 1}`, 0, { serverAssignor }));
    expect(bench.group.assignor).toBe(assignor);
  });
});

describe('a timer', () => {
  it.each(['session', 'revocationTimeout'] as const)('takes a member out: %s', (kind) => {
    const bench = new CoordinatorBench();
    bench.beat('M1', 0);
    bench.beat('M2', 0);
    bench.beat('M1', 2);
    bench.fire(kind, 'M1');
    expect(bench.state).toBe('Assigning 4');
    expect(bench.told('M1', 2)).toBe('UNKNOWN_MEMBER_ID');
    expect(bench.told('M2', 3)).toBe('4: orders-0 orders-1 orders-2 orders-3 orders-4 orders-5');
  });

  it('of somebody who has gone comes to nothing', () => {
    const bench = twoMembers();
    bench.beat('M2', -1);
    bench.fire('session', 'M2');
    expect(bench.state).toBe('Assigning 4');
  });

  it('leaves an Empty group behind the last member', () => {
    const bench = new CoordinatorBench();
    bench.beat('M1', 0);
    bench.fire('session', 'M1');
    expect(bench.state).toBe('Empty 3');
  });
});

describe('a member that subscribes to nothing', () => {
  it('joins without bumping the epoch', () => {
    const bench = new CoordinatorBench({ orders: 2 });
    expect(bench.told('M1', 0, { subscribedTopicNames: [] })).toBe('1:');
    bench.beat('M2', 0);
    bench.beat('M3', 0, { subscribedTopicNames: [] });
    expect(bench.state).toBe('Reconciling 2');
  });
});

describe('a static member', () => {
  const joined = (): CoordinatorBench => {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.beat('M1', 0, { groupInstanceId: I1 });
    return bench;
  };

  it('leaves for a while and keeps what it had; its successor goes on with it', () => {
    const bench = joined();
    expect(bench.told('M1', -2, { groupInstanceId: I1 })).toBe('-2: -');
    expect(bench.state).toBe('Reconciling 2');
    expect(bench.told('M1b', 0, { groupInstanceId: I1 })).toBe('2: orders-0 orders-1');
    expect(bench.state).toBe('Stable 2');
    expect(bench.told('M1', 2)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('blocks a second one of its name as long as it has not left', () => {
    const bench = joined();
    expect(bench.told('M1b', 0, { groupInstanceId: I1 })).toBe('UNRELEASED_INSTANCE_ID');
    bench.fire('session', 'M1');
    expect(bench.told('M1b', 0, { groupInstanceId: I1 })).toBe('4: orders-0 orders-1');
  });

  it('is fenced under its old id', () => {
    const bench = joined();
    bench.beat('M1', -2, { groupInstanceId: I1 });
    bench.beat('M1b', 0, { groupInstanceId: I1 });
    expect(bench.told('M1', 2, { groupInstanceId: I1 })).toBe('FENCED_INSTANCE_ID');
    expect(bench.told('M1', -1, { groupInstanceId: I1 })).toBe('FENCED_INSTANCE_ID');
  });

  it('leaves for good with -1', () => {
    const bench = joined();
    expect(bench.told('M1', -1, { groupInstanceId: I1 })).toBe('-1: -');
    expect(bench.state).toBe('Empty 3');
  });

  it('is gone when its session ends while it is away', () => {
    const bench = joined();
    bench.beat('M1', -2, { groupInstanceId: I1 });
    bench.fire('revocationTimeout', 'M1');
    expect(bench.group.members.size).toBe(1);
    bench.fire('session', 'M1');
    expect(bench.state).toBe('Empty 3');
  });
});
