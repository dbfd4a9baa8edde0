import { describe, expect, it } from 'vitest';
import { existing } from '../../../engine/assert.ts';
import type { AssignorMember, ReplicaRacks } from '../../../engine/assignors/assignor.ts';
import { LIBRDKAFKA_ASSIGNORS } from '../../../engine/assignors/index.ts';
import { asGenerationId, asGroupInstanceId, asMemberId } from '../../../engine/protocol/ids.ts';
import { printPartition } from '../../../engine/protocol/partitions.ts';

const aMemberOf = (
  memberId: string,
  owned: readonly number[] = [],
  { generationId = 1, instanceId = '', topics = ['orders'] as readonly string[], rackId = '' } = {},
): AssignorMember => ({
  memberId: asMemberId(memberId),
  groupInstanceId: instanceId === '' ? null : asGroupInstanceId(instanceId),
  subscription: {
    topics,
    ownedPartitions: owned.map((partition) => ({ topic: 'orders', partition })),
    generationId: asGenerationId(generationId),
    rackId: rackId === '' ? null : rackId,
    userData: null,
  },
});

function deal(
  name: string,
  members: readonly AssignorMember[],
  counts: Readonly<Record<string, number>>,
  replicaRacks: ReplicaRacks = new Map(),
): Readonly<Record<string, string>> {
  const assignor = existing(LIBRDKAFKA_ASSIGNORS.get(name), name);
  const dealt = assignor.assign(members, new Map(Object.entries(counts)), { replicaRacks });
  return Object.fromEntries(
    [...dealt].map(([memberId, partitions]) => [
      memberId,
      partitions.map(printPartition).join(' '),
    ]),
  );
}

describe('range and roundrobin of librdkafka', () => {
  it('put a static member among the others by its member id, where Java puts it first', () => {
    const members = [aMemberOf('a'), aMemberOf('m-1', [], { instanceId: 'm' }), aMemberOf('z')];
    expect(deal('range', members, { orders: 4 })).toEqual({
      a: 'orders-0 orders-1',
      'm-1': 'orders-2',
      z: 'orders-3',
    });
    expect(deal('roundrobin', members, { orders: 4 })).toEqual({
      a: 'orders-0 orders-3',
      'm-1': 'orders-1',
      z: 'orders-2',
    });
  });
});

/** What librdkafka 2.15 itself answers, compiled. */
describe('librdkafka with racks', () => {
  const inTurn = [['a'], ['b'], ['a'], ['b']];

  it('deals what is in a member’s rack first', () => {
    const members = [aMemberOf('c1', [], { rackId: 'b' }), aMemberOf('c2', [], { rackId: 'a' })];
    expect(deal('range', members, { orders: 4 }, new Map([['orders', inTurn]]))).toEqual({
      c1: 'orders-1 orders-3',
      c2: 'orders-0 orders-2',
    });
  });

  it('lets those with a rack go first when topics are dealt together, where Java sees no need', () => {
    const topics = ['orders', 'payments'];
    const members = [aMemberOf('c1', [], { topics }), aMemberOf('c2', [], { topics, rackId: 'b' })];
    const everywhere = Array.from({ length: 3 }, () => ['a', 'b']);
    const racks = new Map(topics.map((topic) => [topic, everywhere]));
    const counts = { orders: 3, payments: 3 };
    expect(deal('range', members, counts, racks)).toEqual({
      c1: 'orders-2 payments-2',
      c2: 'orders-0 orders-1 payments-0 payments-1',
    });
  });

  it('takes from a member of cooperative-sticky what is not in its rack', () => {
    const members = [
      aMemberOf('c1', [0, 1], { rackId: 'b' }),
      aMemberOf('c2', [], { rackId: 'a' }),
    ];
    const racks = new Map([['orders', inTurn]]);
    expect(deal('cooperative-sticky', members, { orders: 4 }, racks)).toEqual({
      c1: 'orders-1 orders-3',
      c2: 'orders-2',
    });
  });
});

describe('cooperative-sticky of librdkafka', () => {
  const sticky = (members: readonly AssignorMember[], counts: Readonly<Record<string, number>>) =>
    deal('cooperative-sticky', members, counts);

  it('deals in turn to a new group', () => {
    const members = ['c1', 'c2', 'c3'].map((memberId) => aMemberOf(memberId));
    expect(sticky(members, { orders: 6 })).toEqual({
      c1: 'orders-0 orders-3',
      c2: 'orders-1 orders-4',
      c3: 'orders-2 orders-5',
    });
  });

  it('gives what a lost member held in descending order, where Java ascends', () => {
    const members = [aMemberOf('c1', [0, 3]), aMemberOf('c2', [1, 4])];
    expect(sticky(members, { orders: 6 })).toEqual({
      c1: 'orders-0 orders-3 orders-5',
      c2: 'orders-1 orders-2 orders-4',
    });
  });

  it('takes from the richest for a newcomer, who gets it when it has been given up', () => {
    const before = [aMemberOf('c1', [0, 2, 4]), aMemberOf('c2', [1, 3, 5]), aMemberOf('c3')];
    const first = sticky(before, { orders: 6 });
    expect(first['c3']).toBe('');
    const kept = (memberId: string): readonly number[] =>
      (first[memberId] ?? '').split(' ').map((name) => Number(name.slice('orders-'.length)));
    expect([kept('c1'), kept('c2')].map(({ length }) => length)).toEqual([2, 2]);
    const after = [aMemberOf('c1', kept('c1')), aMemberOf('c2', kept('c2')), aMemberOf('c3')];
    const second = sticky(after, { orders: 6 });
    expect([second['c1'], second['c2']]).toEqual([first['c1'], first['c2']]);
    expect(second['c3']?.split(' ')).toHaveLength(2);
  });

  it('believes the higher of two generations that claim a partition', () => {
    const members = [
      aMemberOf('c1', [0], { generationId: 3 }),
      aMemberOf('c2', [0, 1], { generationId: 2 }),
    ];
    expect(sticky(members, { orders: 2 })['c2']).toBe('orders-1');
  });

  it('gives nobody a topic that it does not subscribe to', () => {
    const members = [
      aMemberOf('c1', [], { topics: ['orders', 'payments'] }),
      aMemberOf('c2', [], { topics: ['payments'] }),
    ];
    const dealt = sticky(members, { orders: 3, payments: 3 });
    expect(dealt).toEqual({
      c1: 'orders-0 orders-1 orders-2',
      c2: 'payments-0 payments-1 payments-2',
    });
  });

  it('leaves nothing out and is balanced, whatever is held before', () => {
    for (let partitions = 1; partitions <= 9; partitions += 1) {
      for (let held = 0; held <= partitions; held += 1) {
        const all = Array.from({ length: partitions }, (_, partition) => partition);
        const members = [aMemberOf('c1', all.slice(0, held)), aMemberOf('c2')];
        const sizes = Object.values(sticky(members, { orders: partitions })).map(
          (names) => names.split(' ').filter((name) => name !== '').length,
        );
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const most = Math.ceil(partitions / 2);
        // What moves is withheld until its holder has given it up.
        expect(total).toBe(partitions - Math.max(0, held - most));
        expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
      }
    }
  });
});
