import { describe, expect, it } from 'vitest';
import { asGenerationId, asGroupInstanceId, asMemberId } from '../../../../engine/protocol/ids.ts';
import type { JoinGroupRequest, LeaveGroupRequest } from '../../../../engine/protocol/messages.ts';
import { A_GROUP_ID, aHeartbeat, aJoin, aProtocol, aSync } from '../../../support/builders.ts';
import { timelineOrder } from '../../../../engine/java/timeline-order.ts';
import { CoordinatorBench, partitions, printAll } from '../../../support/coordinator-bench.ts';

const offer = (owned = '', name = 'range'): JoinGroupRequest['protocols'] => {
  const protocol = aProtocol(name);
  return [{ ...protocol, metadata: { ...protocol.metadata, ownedPartitions: partitions(owned) } }];
};

const I1 = asGroupInstanceId('i1');

const leaving = (...memberIds: readonly string[]): LeaveGroupRequest => ({
  type: 'LeaveGroupRequest',
  groupId: A_GROUP_ID,
  members: memberIds.map((id) => ({
    memberId: asMemberId(id),
    groupInstanceId: null,
    reason: null,
  })),
});

/** A classic group of one member that owns both partitions, in generation 1. */
function classicGroup(
  settings: ConstructorParameters<typeof CoordinatorBench>[1] = {},
): CoordinatorBench {
  const bench = new CoordinatorBench({ orders: 2 }, settings);
  bench.ask(aJoin(null), 'C1');
  expectParked(bench, () => bench.ask(aJoin('fresh-C1'), 'C1'));
  bench.fire('initialDelay', '');
  bench.ask(aSync('fresh-C1', { 'fresh-C1': [0, 1] }), 'C1');
  return bench;
}

/** A JoinGroup that waits is not answered at once, of which the bench complains. */
function expectParked(bench: CoordinatorBench, run: () => unknown): void {
  expect(run).toThrow('answer');
  expect(bench.state).toMatch(/PreparingRebalance/);
}

/** The same group after M1 has joined with the consumer protocol. */
function mixedGroup(
  settings: ConstructorParameters<typeof CoordinatorBench>[1] = {},
): CoordinatorBench {
  const bench = classicGroup(settings);
  bench.beat('M1', 0);
  return bench;
}

const beat = (bench: CoordinatorBench, generation: number): string =>
  bench.ask(aHeartbeat('fresh-C1', generation), 'C1').errorCode;

/** Joins again and says `error` or `generation, protocol`. */
const join = (bench: CoordinatorBench, owned: string): string => {
  const { errorCode, generationId, protocolName, members, leader } = bench.ask(
    aJoin('fresh-C1', { protocols: offer(owned) }),
    'C1',
  );
  expect([members, leader]).toEqual([[], null]);
  return errorCode === 'NONE' ? `${generationId}, ${protocolName}` : errorCode;
};

const sync = (bench: CoordinatorBench, generation: number): string => {
  const { errorCode, assignment } = bench.ask(aSync('fresh-C1', {}, generation), 'C1');
  return errorCode === 'NONE' ? printAll(assignment) : errorCode;
};

describe('an upgrade', () => {
  it('makes a consumer group of a classic one, whose members keep what they had', () => {
    const bench = classicGroup();
    expect(bench.state).toBe('classic Stable 1');
    expect(bench.told('M1', 0)).toBe('2:');
    expect(bench.state).toBe('Reconciling 2');
    expect(bench.member('fresh-C1')).toBe('STABLE 1: orders-0 orders-1');
  });

  const sentBy = (bench: CoordinatorBench): readonly string[] =>
    bench.effects.flatMap((effect) =>
      effect.type === 'send'
        ? [`${effect.to.name} ${effect.message.type} ${effect.message.errorCode}`]
        : [],
    );

  it('sends those away who wait in a rebalance', () => {
    const bench = classicGroup();
    expectParked(bench, () => bench.ask(aJoin(null, { groupInstanceId: I1 }), 'C2'));
    bench.beat('M1', 0);
    expect(sentBy(bench)).toEqual([
      'C2 JoinGroupResponse REBALANCE_IN_PROGRESS',
      'M1 ConsumerGroupHeartbeatResponse NONE',
    ]);
  });

  it('fails in the first rebalance of a group, which has settled on no assignor', () => {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.ask(aJoin(null), 'C1');
    expectParked(bench, () => bench.ask(aJoin('fresh-C1'), 'C1'));
    bench.beat('M1', 0);
    expect(sentBy(bench)).toEqual([
      'C1 JoinGroupResponse REBALANCE_IN_PROGRESS',
      'M1 ConsumerGroupHeartbeatResponse UNKNOWN_SERVER_ERROR',
    ]);
    expect(bench.state).toBe('classic PreparingRebalance 0');
    // Whoever was sent away is a member still, and gets in when it is back in time.
    expectParked(bench, () => bench.ask(aJoin('fresh-C1'), 'C1'));
    bench.fire('initialDelay', '');
    expect(bench.state).toBe('classic CompletingRebalance 1');
  });

  it('changes nothing when a static member comes back with the other protocol', () => {
    const bench = new CoordinatorBench({ orders: 2 });
    expectParked(bench, () => bench.ask(aJoin(null, { groupInstanceId: I1 }), 'C1'));
    bench.fire('initialDelay', '');
    bench.ask({ ...aSync('fresh-C1', { 'fresh-C1': [0, 1] }), groupInstanceId: I1 }, 'C1');
    expect(bench.told('M1', 0, { groupInstanceId: I1 })).toBe('1: orders-0 orders-1');
    expect(bench.state).toBe('Stable 1');
  });

  it('makes a group of nobody, that still waits for joins, go on counting', () => {
    const bench = classicGroup();
    bench.ask(leaving('fresh-C1'), 'C1');
    bench.ask(aJoin(null), 'C1');
    expectParked(bench, () => bench.ask(aJoin('fresh-C1'), 'C1'));
    bench.ask(leaving('fresh-C1'), 'C1');
    expect(bench.state).toBe('classic PreparingRebalance 2');
    expect(bench.told('M1', 0)).toBe('3: orders-0 orders-1');
  });

  it.each(['downgrade', 'disabled'] as const)('is refused by the policy %s', (migrationPolicy) => {
    const bench = classicGroup({ migrationPolicy });
    expect(bench.told('M1', 0)).toBe('GROUP_ID_NOT_FOUND');
    expect(bench.state).toBe('classic Stable 1');
  });

  it('is refused when the group is too large', () => {
    expect(classicGroup({ maxSize: 0 }).told('M1', 0)).toBe('GROUP_ID_NOT_FOUND');
  });

  it('is refused when there is no room for the newcomer', () => {
    const bench = classicGroup({ maxSize: 1 });
    expect(bench.told('M1', 0)).toBe('GROUP_MAX_SIZE_REACHED');
    expect(bench.state).toBe('classic Stable 1');
  });

  it('is none where the classic group is Empty: it makes room', () => {
    const bench = classicGroup();
    bench.ask(leaving('fresh-C1'), 'C1');
    expect(bench.told('M1', 0)).toBe('2: orders-0 orders-1');
  });
});

describe('a classic member of a consumer group', () => {
  it('is told to rejoin, gives up, rejoins, and gets what it should own', () => {
    const bench = mixedGroup();
    expect(beat(bench, 1)).toBe('REBALANCE_IN_PROGRESS');
    expect(bench.timers).toContain('+memberJoinTimeout fresh-C1 300000');
    // The clock runs from the first time.
    expect(beat(bench, 1)).toBe('REBALANCE_IN_PROGRESS');
    expect(bench.timers).toEqual(['+session fresh-C1 45000']);
    expect(join(bench, '')).toBe('2, range');
    expect(bench.timers).toEqual([
      '+session fresh-C1 45000',
      '+memberSyncTimeout fresh-C1 300000',
      '-memberJoinTimeout fresh-C1',
    ]);
    expect(sync(bench, 2)).toBe('orders-1');
    expect(beat(bench, 2)).toBe('NONE');
    expect(bench.told('M1', 2)).toBe('2: orders-0');
    expect(bench.state).toBe('Stable 2');
  });

  it('that keeps what it owns rejoins twice: once to give up, once with less', () => {
    const bench = mixedGroup();
    expect(join(bench, 'orders-0 orders-1')).toBe('1, range');
    expect(sync(bench, 1)).toBe('orders-1');
    expect(beat(bench, 1)).toBe('REBALANCE_IN_PROGRESS');
    expect(join(bench, 'orders-1')).toBe('2, range');
    expect(sync(bench, 2)).toBe('orders-1');
  });

  it('is refused SyncGroup when there is a newer target', () => {
    const bench = mixedGroup();
    join(bench, '');
    bench.beat('M2', 0);
    expect(sync(bench, 2)).toBe('REBALANCE_IN_PROGRESS');
  });

  it('is refused with another epoch, and when it is unknown', () => {
    const bench = mixedGroup();
    expect(beat(bench, 7)).toBe('ILLEGAL_GENERATION');
    expect(sync(bench, 7)).toBe('ILLEGAL_GENERATION');
    expect(bench.ask(aHeartbeat('nobody'), 'C9').errorCode).toBe('UNKNOWN_MEMBER_ID');
    expect(bench.ask(aHeartbeat('M1', 2), 'M1').errorCode).toBe('UNKNOWN_MEMBER_ID');
  });

  it('joins in two steps, and gets in when it shares an assignor', () => {
    const bench = mixedGroup();
    expect(bench.ask(aJoin(null), 'C2')).toMatchObject({
      errorCode: 'MEMBER_ID_REQUIRED',
      memberId: 'fresh-C2',
    });
    expect(bench.ask(aJoin('fresh-C2'), 'C2').errorCode).toBe('NONE');
    const other = aJoin('fresh-C3', { protocols: offer('', 'roundrobin') });
    expect(bench.ask(other, 'C3').errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL');
  });

  it('may not join when migration is disabled', () => {
    const bench = new CoordinatorBench({ orders: 2 }, { migrationPolicy: 'disabled' });
    bench.beat('M1', 0);
    expect(bench.ask(aJoin(null), 'C1').errorCode).toBe('INCONSISTENT_GROUP_PROTOCOL');
  });

  it('that is named twice in a LeaveGroup leaves once', () => {
    const bench = mixedGroup();
    const { members } = bench.ask(leaving('fresh-C1', 'fresh-C1', 'nobody'), 'C1');
    expect(members.map(({ errorCode }) => errorCode)).toEqual([
      'NONE',
      'NONE',
      'UNKNOWN_MEMBER_ID',
    ]);
    expect(bench.group.members.size).toBe(1);
  });

  it('is refused without its id being named', () => {
    const bench = mixedGroup({ maxSize: 2 });
    const { errorCode, memberId } = bench.ask(aJoin('nobody'), 'C9');
    expect([errorCode, memberId]).toEqual(['GROUP_MAX_SIZE_REACHED', null]);
  });

  it.each(['session', 'memberJoinTimeout', 'memberSyncTimeout'] as const)(
    'is taken out by its clock: %s',
    (kind) => {
      const bench = mixedGroup();
      bench.fire(kind, 'fresh-C1');
      expect(bench.group.members.size).toBe(1);
      expect(bench.state).toBe('Assigning 3');
    },
  );
});

describe('a downgrade', () => {
  const leave = (bench: CoordinatorBench): void => {
    bench.beat('M1', -1);
  };

  it('follows when the last member of the consumer protocol goes, with a rebalance', () => {
    const bench = mixedGroup();
    join(bench, '');
    sync(bench, 2);
    leave(bench);
    expect(bench.state).toBe('classic PreparingRebalance 2');
    expect(beat(bench, 2)).toBe('REBALANCE_IN_PROGRESS');
  });

  it.each(['upgrade', 'disabled'] as const)('is not made by the policy %s', (migrationPolicy) => {
    const bench = mixedGroup({ migrationPolicy: 'upgrade' });
    const { coordinator } = bench;
    const { settings } = coordinator;
    const consumer = { ...settings.consumer, migrationPolicy };
    bench.coordinator = { ...coordinator, settings: { ...settings, consumer } };
    leave(bench);
    expect(bench.state).toBe('Assigning 3');
  });

  it('follows without a rebalance when a classic member takes the last one’s place', () => {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.beat('M1', 0, { groupInstanceId: I1 });
    const { errorCode, generationId } = bench.ask(aJoin(null, { groupInstanceId: I1 }), 'C1');
    expect([errorCode, generationId]).toEqual(['NONE', 2]);
    expect(bench.state).toBe('classic Stable 2');
    const { assignment } = bench.ask({ ...aSync('fresh-C1', {}, 2), groupInstanceId: I1 }, 'C1');
    expect(printAll(assignment)).toBe('orders-0 orders-1');
  });

  it('goes by the epoch before, and with a rebalance, when that one subscribes to other topics', () => {
    const bench = new CoordinatorBench({ orders: 2, clicks: 2 });
    bench.beat('M1', 0, { groupInstanceId: I1 });
    const protocols = [aProtocol('range', ['clicks'])];
    const { generationId } = bench.ask(aJoin(null, { groupInstanceId: I1, protocols }), 'C1');
    expect(generationId).toBe(0);
    expect(bench.state).toBe('classic PreparingRebalance 2');
  });

  it('is led by the first in the order of Kafka’s table, not by whoever has just joined', () => {
    const bench = mixedGroup();
    join(bench, '');
    sync(bench, 2);
    bench.ask(aJoin('fresh-C2'), 'C2');
    bench.beat('M1', -1);
    const { group } = bench.coordinator;
    expect(group?.protocol === 'classic' ? group.leaderId : null).toBe(
      timelineOrder(['fresh-C1', 'M1', 'fresh-C2'], 3).find((id) => id !== 'M1'),
    );
  });
});

describe('offsets in a consumer group', () => {
  const commit = (
    bench: CoordinatorBench,
    memberId: string | null,
    epoch: number | null,
    names = 'orders-0 orders-1',
  ): string => {
    const { errorCode, refused } = bench.ask(
      {
        type: 'OffsetCommitRequest',
        groupId: A_GROUP_ID,
        generationId: epoch === null ? null : asGenerationId(epoch),
        memberId: memberId === null ? null : asMemberId(memberId),
        groupInstanceId: null,
        offsets: partitions(names).map((partition) => ({ ...partition, offset: 5 })),
      },
      'M1',
    );
    return `${errorCode} ${printAll(refused)}`.trim();
  };
  /** M1 at epoch 3 has orders-0 since epoch 2; orders-1 was given back and handed out anew at 4. */
  const grown = (): CoordinatorBench => {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.beat('M1', 0);
    bench.beat('M2', 0);
    bench.beat('M1', 2);
    bench.beat('M1', 2, { owned: 'orders-0' });
    bench.beat('M2', -1);
    bench.beat('M1', 3);
    return bench;
  };

  it.each([
    ['at its epoch', 'M1', 4, 'orders-0 orders-1', 'NONE'],
    ['at an older one, of what it had then', 'M1', 2, 'orders-0', 'NONE'],
    [
      'at an older one, of more: then of nothing',
      'M1',
      2,
      'orders-0 orders-1',
      'STALE_MEMBER_EPOCH orders-0 orders-1',
    ],
    ['at a later one', 'M1', 9, 'orders-0', 'STALE_MEMBER_EPOCH orders-0'],
    ['of nobody', 'M9', 4, 'orders-0', 'UNKNOWN_MEMBER_ID orders-0'],
    ['of no member, while there are some', null, null, 'orders-0', 'UNKNOWN_MEMBER_ID orders-0'],
  ] as const)('a commit %s', (_, memberId, epoch, names, result) => {
    expect(commit(grown(), memberId, epoch, names)).toBe(result);
  });

  it('takes a commit of no member when it is Empty', () => {
    const bench = grown();
    bench.beat('M1', -1);
    expect(commit(bench, null, null)).toBe('NONE');
  });

  it('does not restart a session with a commit', () => {
    const bench = grown();
    commit(bench, 'M1', 4);
    expect(bench.timers).toEqual([]);
  });

  it.each([
    ['at its epoch', 'M1', 4, 'NONE'],
    ['at another', 'M1', 3, 'STALE_MEMBER_EPOCH'],
    ['of nobody', 'M9', 4, 'UNKNOWN_MEMBER_ID'],
    ['of somebody outside', null, null, 'NONE'],
  ] as const)('a fetch %s', (_, memberId, memberEpoch, errorCode) => {
    const { errorCode: answered } = grown().ask(
      {
        type: 'OffsetFetchRequest',
        groupId: A_GROUP_ID,
        memberId: memberId === null ? null : asMemberId(memberId),
        memberEpoch,
        partitions: partitions('orders-0'),
      },
      'M1',
    );
    expect(answered).toBe(errorCode);
  });

  it('speaks of generations to a classic member', () => {
    const bench = mixedGroup();
    expect(commit(bench, 'fresh-C1', 9)).toBe('ILLEGAL_GENERATION orders-0 orders-1');
  });
});
