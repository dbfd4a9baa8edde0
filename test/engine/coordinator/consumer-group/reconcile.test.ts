import { describe, expect, it } from 'vitest';
import type {
  ConsumerGroupMember,
  OwnedPartition,
} from '../../../../engine/coordinator/consumer-group/consumer-group.ts';
import { reconcile } from '../../../../engine/coordinator/consumer-group/reconcile.ts';
import { asMemberId, asMemberName } from '../../../../engine/protocol/ids.ts';
import { printPartition } from '../../../../engine/protocol/partitions.ts';
import { partitions, printAll } from '../../../support/coordinator-bench.ts';

const owned = (text: string, assignmentEpoch = 1): readonly OwnedPartition[] =>
  partitions(text).map((partition) => ({ ...partition, assignmentEpoch }));

const aMember = (parts: Partial<ConsumerGroupMember>): ConsumerGroupMember => ({
  memberId: asMemberId('me'),
  groupInstanceId: null,
  name: asMemberName('me'),
  rackId: null,
  rebalanceTimeoutMs: 300_000,
  serverAssignor: null,
  topics: ['a'],
  memberEpoch: 10,
  previousMemberEpoch: 9,
  state: 'STABLE',
  assigned: [],
  pendingRevocation: [],
  revokingEpoch: null,
  classic: null,
  ...parts,
});

interface Row {
  readonly what: string;
  readonly member: Partial<ConsumerGroupMember>;
  readonly target: string;
  readonly targetEpoch?: number;
  /** What the member says that it owns. */
  readonly says?: string;
  /** What others own. */
  readonly taken?: string;
  readonly isSubscriptionNew?: boolean;
  /** State, epoch, assigned, pending. */
  readonly comesTo: readonly [string, number, string, string];
}

const UNREVOKED = 'UNREVOKED_PARTITIONS';
const UNRELEASED = 'UNRELEASED_PARTITIONS';

const ROWS: readonly Row[] = [
  {
    what: 'gives up before anything else, at its old epoch',
    member: { assigned: owned('a-0 a-1') },
    target: 'a-1 a-2',
    comesTo: [UNREVOKED, 10, 'a-1', 'a-0'],
  },
  {
    what: 'needs no acknowledgement for what it does not own any more',
    member: { assigned: owned('a-0 a-1') },
    target: 'a-1 a-2',
    says: 'a-1',
    comesTo: ['STABLE', 11, 'a-1 a-2', ''],
  },
  {
    what: 'gets what is free at once',
    member: {},
    target: 'a-0 a-1',
    comesTo: ['STABLE', 11, 'a-0 a-1', ''],
  },
  {
    what: 'gets what is free, and waits for the rest',
    member: {},
    target: 'a-0 a-1',
    taken: 'a-1',
    comesTo: [UNRELEASED, 11, 'a-0', ''],
  },
  {
    what: 'waits when nothing is free',
    member: {},
    target: 'a-0',
    taken: 'a-0',
    comesTo: [UNRELEASED, 11, '', ''],
  },
  {
    what: 'comes to the epoch when nothing changes',
    member: { assigned: owned('a-0') },
    target: 'a-0',
    comesTo: ['STABLE', 11, 'a-0', ''],
  },
  {
    what: 'stays where it is as long as it says nothing',
    member: { state: UNREVOKED, assigned: owned('a-1'), pendingRevocation: owned('a-0') },
    target: 'a-1 a-2',
    comesTo: [UNREVOKED, 10, 'a-1', 'a-0'],
  },
  {
    what: 'stays where it is as long as it owns some of it',
    member: { state: UNREVOKED, assigned: owned('a-1'), pendingRevocation: owned('a-0') },
    target: 'a-1 a-2',
    says: 'a-0 a-1',
    comesTo: [UNREVOKED, 10, 'a-1', 'a-0'],
  },
  {
    what: 'goes on when it has given up',
    member: { state: UNREVOKED, assigned: owned('a-1'), pendingRevocation: owned('a-0') },
    target: 'a-1 a-2',
    says: 'a-1',
    comesTo: ['STABLE', 11, 'a-1 a-2', ''],
  },
  {
    what: 'may have to give up once more for a newer target',
    member: { state: UNREVOKED, assigned: owned('a-1 a-2'), pendingRevocation: owned('a-0') },
    target: 'a-1',
    targetEpoch: 12,
    says: 'a-1 a-2',
    comesTo: [UNREVOKED, 10, 'a-1', 'a-2'],
  },
  {
    what: 'gets back what it was about to give up',
    member: { state: UNREVOKED, assigned: owned('a-1'), pendingRevocation: owned('a-0') },
    target: 'a-0 a-1',
    taken: 'a-0',
    says: 'a-1',
    comesTo: ['STABLE', 11, 'a-0 a-1', ''],
  },
  {
    what: 'gets what has been released meanwhile',
    member: { state: UNRELEASED, memberEpoch: 11, assigned: owned('a-0') },
    target: 'a-0 a-1',
    comesTo: ['STABLE', 11, 'a-0 a-1', ''],
  },
  {
    what: 'loses topics that it no longer subscribes to before there is a new target',
    member: { topics: ['a'], assigned: owned('a-0 b-0'), memberEpoch: 11 },
    target: 'a-0 b-0',
    isSubscriptionNew: true,
    comesTo: [UNREVOKED, 11, 'a-0', 'b-0'],
  },
  {
    what: 'gets no partition of such a topic, whatever the target says',
    member: { topics: ['a'] },
    target: 'a-0 b-0',
    comesTo: ['STABLE', 11, 'a-0', ''],
  },
];

describe('reconcile', () => {
  it.each(ROWS)('a member $what', (row) => {
    const taken = new Set(partitions(row.taken ?? '').map(printPartition));
    const member = aMember(row.member);
    const own = [...member.assigned, ...member.pendingRevocation].map(printPartition);
    const { state, memberEpoch, assigned, pendingRevocation } = reconcile(member, {
      target: partitions(row.target),
      targetEpoch: row.targetEpoch ?? 11,
      owned: row.says === undefined ? null : partitions(row.says),
      isSubscriptionNew: row.isSubscriptionNew ?? false,
      isOwned: (partition) =>
        taken.has(printPartition(partition)) || own.includes(printPartition(partition)),
    });
    expect([state, memberEpoch, printAll(assigned), printAll(pendingRevocation)]).toEqual(
      row.comesTo,
    );
  });

  it('remembers since which epoch a member has each partition', () => {
    const member = aMember({ assigned: owned('a-0', 3) });
    const { assigned } = reconcile(member, {
      target: partitions('a-0 a-1'),
      targetEpoch: 11,
      owned: null,
      isSubscriptionNew: false,
      isOwned: () => false,
    });
    expect(assigned.map(({ assignmentEpoch }) => assignmentEpoch)).toEqual([3, 11]);
  });

  it('leaves a member as it is that is where it should be', () => {
    const member = aMember({ memberEpoch: 11, assigned: owned('a-0') });
    const input = { targetEpoch: 11, owned: null, isSubscriptionNew: false, isOwned: () => true };
    expect(reconcile(member, { ...input, target: partitions('a-0') })).toBe(member);
  });
});
