import { describe, expect, it } from 'vitest';
import type { ClassicGroupState } from '../../../engine/coordinator/classic-group.ts';
import { onRequest, onTimer } from '../../../engine/coordinator/coordinator.ts';
import type { GroupTimer } from '../../../engine/coordinator/effects.ts';
import { newCoordinator, type Coordinator } from '../../../engine/coordinator/state.ts';
import { asGenerationId, asGroupInstanceId } from '../../../engine/protocol/ids.ts';
import type { GroupRequest, LeaveGroupRequest } from '../../../engine/protocol/messages.ts';
import {
  A_GROUP_ID,
  SETTINGS,
  aGroup,
  aHeartbeat,
  aJoin,
  aMember,
  aParked,
  aProtocol,
  aSync,
  memberIdOf,
} from '../../support/builders.ts';
import { CONSUMER_SETTINGS } from '../../support/coordinator-bench.ts';

const I1 = asGroupInstanceId('i1');
const I2 = asGroupInstanceId('i2');
const STATES = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
] as const satisfies readonly ClassicGroupState[];

/**
 * A leader, a follower and a static member in generation 1, none of whom is waited for as yet, and an
 * id that was handed out; in an Empty group only that.
 */
function coordinatorIn(state: ClassicGroupState): Coordinator {
  const isPendingSync = state === 'CompletingRebalance';
  const members = [
    aMember('leader', { isPendingSync }),
    aMember('follower', { isPendingSync }),
    aMember('static', { isPendingSync, groupInstanceId: I1 }),
  ];
  const group = aGroup({
    state,
    previousState: state === 'PreparingRebalance' ? 'Stable' : 'PreparingRebalance',
    members: state === 'Empty' ? [] : members,
    pendingJoinMembers: new Map([[memberIdOf('pending'), aParked('pending').client.name]]),
  });
  const settings = { ...SETTINGS, consumer: CONSUMER_SETTINGS };
  return { ...newCoordinator(A_GROUP_ID, settings, new Map()), group };
}

/** The answer, `T` where it restarts the sender’s session, and the state it leads to. */
function outcomeOf(state: ClassicGroupState, event: GroupRequest | GroupTimer): string {
  const before = coordinatorIn(state);
  const parked = aParked('sender', 7);
  const { coordinator, effects } =
    'kind' in event
      ? onTimer(before, event, 0)
      : onRequest(before, event, parked, memberIdOf('fresh'), 0);
  const answer = effects.find((effect) => effect.type === 'send' && effect.correlationId === 7);
  const message = answer?.type === 'send' ? answer.message : null;
  const ofMembers =
    message?.type === 'LeaveGroupResponse' ? message.members.map(({ errorCode }) => errorCode) : [];
  const said =
    message === null
      ? 'kind' in event
        ? ''
        : 'parked'
      : message.errorCode === 'NONE' && ofMembers.length > 0
        ? ofMembers.join(' ')
        : message.errorCode;
  const sender = 'memberId' in event ? event.memberId : null;
  const isAlive = effects.some(
    (effect) =>
      effect.type === 'startTimer' &&
      effect.timer.kind === 'session' &&
      effect.timer.memberId === sender,
  );
  const { group } = coordinator;
  const to = group?.protocol === 'classic' && group.state !== state ? `→ ${group.state}` : '';
  return [said, isAlive ? 'T' : '', to].filter(Boolean).join(' ');
}

const leave = (memberId: string): LeaveGroupRequest => ({
  type: 'LeaveGroupRequest',
  groupId: A_GROUP_ID,
  members: [{ memberId: memberIdOf(memberId), groupInstanceId: null, reason: null }],
});
const remove = (instance: string): LeaveGroupRequest => ({
  type: 'LeaveGroupRequest',
  groupId: A_GROUP_ID,
  members: [{ memberId: null, groupInstanceId: asGroupInstanceId(instance), reason: null }],
});
const commit = (memberId: string | null, generation: number | null): GroupRequest => ({
  type: 'OffsetCommitRequest',
  groupId: A_GROUP_ID,
  generationId: generation === null ? null : asGenerationId(generation),
  memberId: memberId === null ? null : memberIdOf(memberId),
  groupInstanceId: null,
  offsets: [{ topic: 'orders', partition: 0, offset: 5 }],
});
const timer = (kind: GroupTimer['kind'], memberId: string | null = null): GroupTimer => ({
  kind,
  memberId: memberId === null ? null : memberIdOf(memberId),
});

const UMI = 'UNKNOWN_MEMBER_ID';
const RIP = 'REBALANCE_IN_PROGRESS';
const CNA = 'COORDINATOR_NOT_AVAILABLE';
const IG = 'ILLEGAL_GENERATION';
const P = '→ PreparingRebalance';

/** What comes of an event in each state; null where it cannot be. */
type Row = readonly [string, GroupRequest | GroupTimer, ...(string | null)[]];

const changed = { protocols: [aProtocol('range', ['clicks'])] };
const fenced = { groupInstanceId: I1 };

// Empty, PreparingRebalance, CompletingRebalance, Stable, Dead.
const ROWS: readonly Row[] = [
  ['JoinGroup of a newcomer', aJoin(null), ...same('MEMBER_ID_REQUIRED', 4), CNA],
  [
    'of an id that was handed out',
    aJoin('pending'),
    `parked ${P}`,
    'parked',
    `parked ${P}`,
    `parked ${P}`,
    CNA,
  ],
  [
    'of such an id with an instance',
    aJoin('pending', { groupInstanceId: I2 }),
    ...same('UNKNOWN_SERVER_ERROR', 4),
    CNA,
  ],
  [
    'of a new static member',
    aJoin(null, { groupInstanceId: I2 }),
    `parked ${P}`,
    'parked',
    `parked ${P}`,
    `parked ${P}`,
    CNA,
  ],
  [
    'of a static member that is back',
    aJoin(null, fenced),
    null,
    'parked',
    `parked ${P}`,
    'NONE',
    CNA,
  ],
  ['of a fenced static member', aJoin('old', fenced), UMI, ...same('FENCED_INSTANCE_ID', 3), CNA],
  ['with an instance nobody has', aJoin('follower', { groupInstanceId: I2 }), ...same(UMI, 4), CNA],
  ['of a follower, unchanged', aJoin('follower'), UMI, 'parked', 'NONE', 'NONE', CNA],
  ['of the leader, unchanged', aJoin('leader'), UMI, 'parked', 'NONE', `parked ${P}`, CNA],
  [
    'of a follower, changed',
    aJoin('follower', changed),
    UMI,
    'parked',
    `parked ${P}`,
    `parked ${P}`,
    CNA,
  ],
  ['of nobody’s id', aJoin('nobody'), ...same(UMI, 4), CNA],
  ['SyncGroup of a follower', aSync('follower'), UMI, RIP, 'parked', 'NONE', CNA],
  ['of the leader', aSync('leader'), UMI, RIP, 'NONE T → Stable', 'NONE', CNA],
  ['of an older generation', aSync('follower', {}, 0), UMI, IG, IG, IG, CNA],
  ['of a generation from the future', aSync('follower', {}, 2), UMI, IG, IG, IG, CNA],
  [
    'of another assignor',
    { ...aSync('follower'), protocolName: 'sticky' },
    UMI,
    ...same('INCONSISTENT_GROUP_PROTOCOL', 3),
    CNA,
  ],
  [
    'of an old client, without an assignor',
    { ...aSync('follower'), protocolName: null },
    UMI,
    RIP,
    'parked',
    'NONE',
    CNA,
  ],
  ['of an id that was handed out', aSync('pending'), ...same(UMI, 4), CNA],
  [
    'of a fenced static member',
    { ...aSync('old'), ...fenced },
    UMI,
    ...same('FENCED_INSTANCE_ID', 3),
    CNA,
  ],
  ['Heartbeat of a member', aHeartbeat('follower'), UMI, `${RIP} T`, 'NONE T', 'NONE T', CNA],
  ['of an older generation', aHeartbeat('follower', 0), UMI, IG, IG, IG, CNA],
  ['of a generation from the future', aHeartbeat('follower', 2), UMI, IG, IG, IG, CNA],
  ['of an id that was handed out', aHeartbeat('pending'), ...same(UMI, 4), CNA],
  [
    'of a fenced static member',
    { ...aHeartbeat('old'), ...fenced },
    UMI,
    ...same('FENCED_INSTANCE_ID', 3),
    CNA,
  ],
  ['of a static member without its instance', aHeartbeat('old'), ...same(UMI, 4), CNA],
  ['LeaveGroup of a member', leave('follower'), UMI, 'NONE', `NONE ${P}`, `NONE ${P}`, CNA],
  ['of an id that was handed out', leave('pending'), 'NONE', 'NONE', `NONE ${P}`, `NONE ${P}`, CNA],
  ['of nobody', leave('nobody'), ...same(UMI, 4), CNA],
  ['of a static member, by an admin', remove('i1'), UMI, 'NONE', `NONE ${P}`, `NONE ${P}`, CNA],
  ['of an instance nobody has', remove('i2'), ...same(UMI, 4), CNA],
  ['OffsetCommit of a member', commit('follower', 1), UMI, 'NONE T', RIP, 'NONE T', CNA],
  ['of an older generation', commit('follower', 0), UMI, IG, IG, IG, CNA],
  ['of a generation from the future', commit('follower', 2), UMI, IG, IG, IG, CNA],
  ['of a member without a generation', commit('follower', null), 'NONE', IG, IG, IG, CNA],
  ['of a generation without a member', commit(null, 1), ...same(UMI, 4), CNA],
  ['of nobody in no generation', commit(null, null), 'NONE', UMI, UMI, UMI, CNA],
  ['session of a member', timer('session', 'follower'), null, '', P, P, null],
  ['clock of an id that was handed out', timer('pendingMember', 'pending'), '', '', '', '', null],
  [
    'clock of a first join phase that is over',
    timer('newMember', 'follower'),
    null,
    '',
    '',
    '',
    null,
  ],
  ['sync timeout', timer('syncTimeout'), null, null, P, '', null],
];

function same(outcome: string, count: number): readonly string[] {
  return Array.from({ length: count }, () => outcome);
}

/** The rows of one API go by its name in the first of them. */
const CASES = ROWS.flatMap(([what, event, ...outcomes]) =>
  STATES.flatMap((state, index) => {
    const outcome = outcomes[index] ?? null;
    const about = 'kind' in event ? 'timer' : event.type.replace('Request', '');
    return outcome === null ? [] : [{ what: `${about}: ${what}`, state, event, outcome }];
  }),
);

// Source: GroupMetadataManager, ClassicGroup and OffsetMetadataManager, Kafka 4.3.1.
describe('a classic group', () => {
  it.each(CASES)('in $state, $what: $outcome', ({ state, event, outcome }) => {
    expect(outcomeOf(state, event)).toBe(outcome);
  });
});
