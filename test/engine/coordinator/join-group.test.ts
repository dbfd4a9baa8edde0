import { describe, expect, it } from 'vitest';
import { onJoinGroup } from '../../../engine/coordinator/join-group.ts';
import type { GroupTurn } from '../../../engine/coordinator/classic-group.ts';
import type { JoinGroupRequest } from '../../../engine/protocol/messages.ts';
import { onSyncGroup } from '../../../engine/coordinator/sync-group.ts';
import { asGroupInstanceId } from '../../../engine/protocol/ids.ts';
import { onGroupTimer } from '../../../engine/coordinator/timers.ts';
import {
  aGroup,
  aJoin,
  aMember,
  aParked,
  aProtocol,
  aSync,
  aTurn,
  answersOf,
  memberIdOf,
  memberIn,
  timersOf,
} from '../../support/builders.ts';

const join = (turn: GroupTurn, request: JoinGroupRequest, name: string): GroupTurn => {
  onJoinGroup(turn, request, aParked(name), memberIdOf(`${name}-fresh`));
  return turn;
};

/** Both steps of a newcomer. */
const comeIn = (turn: GroupTurn, name: string): GroupTurn =>
  join(join(turn, aJoin(null), name), aJoin(`${name}-fresh`), name);

describe('onJoinGroup', () => {
  it('hands a newcomer an id first, and counts it as a member only when it comes back', () => {
    const turn = join(aTurn(aGroup()), aJoin(null, { sessionTimeoutMs: 7_000 }), 'a');
    expect(answersOf(turn)).toEqual(['a JoinGroupResponse MEMBER_ID_REQUIRED']);
    expect(turn.state.state).toBe('Empty');
    expect(turn.state.members.size).toBe(0);
    expect(timersOf(turn)).toEqual(['pendingMember a-fresh 7000']);
  });

  it('starts the initial delay with the first member of an empty group', () => {
    const turn = comeIn(aTurn(aGroup()), 'a');
    expect(turn.state.state).toBe('PreparingRebalance');
    expect(timersOf(turn)).toContain('initialDelay 3000');
    expect(timersOf(turn)).toContain('newMember a-fresh 300000');
  });

  it('waits once more when somebody joined during the initial delay, and then begins generation 1', () => {
    const turn = comeIn(comeIn(aTurn(aGroup({ generationId: aGroup().generationId })), 'a'), 'b');
    const fire = (): void => {
      onGroupTimer(turn, { kind: 'initialDelay', memberId: null });
    };
    fire();
    expect(turn.state.state).toBe('PreparingRebalance');
    fire();
    expect(turn.state.state).toBe('CompletingRebalance');
    expect(answersOf(turn).filter((answer) => answer.endsWith('NONE'))).toHaveLength(2);
  });

  it('never lets the initial delays exceed the rebalance timeout', () => {
    const turn = aTurn(aGroup());
    let newcomerCount = 0;
    const newcomer = (): void => {
      newcomerCount += 1;
      const name = `m${newcomerCount}`;
      join(turn, aJoin(null), name);
      join(turn, aJoin(`${name}-fresh`, { rebalanceTimeoutMs: 10_000 }), name);
    };
    newcomer();
    const delays = [3_000];
    while (turn.state.state === 'PreparingRebalance') {
      newcomer();
      const before = turn.effects.length;
      onGroupTimer(turn, { kind: 'initialDelay', memberId: null });
      for (const effect of turn.effects.slice(before)) {
        if (effect.type === 'startTimer' && effect.timer.kind === 'initialDelay') {
          delays.push(effect.afterMs);
        }
      }
    }
    // Source: the worked example of GroupMetadataManager#tryCompleteInitialRebalanceElseSchedule.
    expect(delays).toEqual([3_000, 3_000, 3_000, 1_000]);
  });

  it('rebalances a stable group when its leader rejoins unchanged, but not for a follower', () => {
    const members = [aMember('a'), aMember('b')];
    const stable = aGroup({ state: 'Stable', members });
    expect(join(aTurn(stable), aJoin('a'), 'a').state.state).toBe('PreparingRebalance');
    const follower = join(aTurn(stable), aJoin('b'), 'b');
    expect(follower.state.state).toBe('Stable');
    expect(answersOf(follower)).toEqual(['b JoinGroupResponse NONE']);
  });

  it('completes at once when the last member rejoins', () => {
    const group = aGroup({
      state: 'PreparingRebalance',
      previousState: 'Stable',
      members: [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')],
    });
    const turn = join(aTurn(group), aJoin('b'), 'b');
    expect(turn.state.state).toBe('CompletingRebalance');
    expect(turn.state.generationId).toBe(2);
    expect(memberIn(turn, 'a').awaitingJoin).toBeNull();
  });

  it('waits for an id that was handed out, except during the initial delay', () => {
    const group = aGroup({
      state: 'PreparingRebalance',
      previousState: 'Stable',
      members: [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')],
      pendingJoinMembers: new Map([[memberIdOf('c'), aParked('c').client.name]]),
    });
    expect(join(aTurn(group), aJoin('b'), 'b').state.state).toBe('PreparingRebalance');
  });

  it.each([
    [
      'no assignor in common',
      aJoin(null, { protocols: [aProtocol('sticky')] }),
      'INCONSISTENT_GROUP_PROTOCOL',
    ],
    ['an id that nobody has', aJoin('x'), 'UNKNOWN_MEMBER_ID'],
  ])('refuses %s', (_what, request, errorCode) => {
    const turn = join(aTurn(aGroup({ state: 'Stable', members: [aMember('a')] })), request, 'x');
    expect(answersOf(turn)).toEqual([`x JoinGroupResponse ${errorCode}`]);
  });

  it('refuses a newcomer to a full group', () => {
    const group = aGroup({ state: 'Stable', members: [aMember('a')] });
    const turn = join(aTurn(group, { maxSize: 1 }), aJoin(null), 'b');
    expect(answersOf(turn)).toEqual(['b JoinGroupResponse GROUP_MAX_SIZE_REACHED']);
  });

  it('waits no longer for an id that it has handed out when that comes to a full group', () => {
    const group = aGroup({
      state: 'PreparingRebalance',
      previousState: 'Stable',
      members: [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')],
      pendingJoinMembers: new Map([[memberIdOf('c'), aParked('c').client.name]]),
    });
    const turn = join(aTurn(group, { maxSize: 1 }), aJoin('c'), 'c');
    expect(answersOf(turn)).toEqual(['c JoinGroupResponse GROUP_MAX_SIZE_REACHED']);
    expect(turn.state.pendingJoinMembers.size).toBe(0);
  });

  it('drops whoever rejoins last where the largest size has been lowered', () => {
    const group = aGroup({
      state: 'PreparingRebalance',
      previousState: 'Stable',
      members: [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')],
    });
    const turn = join(aTurn(group, { maxSize: 1 }), aJoin('b'), 'b');
    expect(answersOf(turn)).toEqual(['b JoinGroupResponse GROUP_MAX_SIZE_REACHED']);
    expect([...turn.state.members.keys()]).toEqual(['a']);
    // That nobody is left to wait for is not noticed then.
    expect(turn.state.state).toBe('PreparingRebalance');
  });
});

describe('a static member', () => {
  const I1 = asGroupInstanceId('i1');
  const settled = (isPendingSync: boolean) =>
    aGroup({
      state: 'Stable',
      previousState: 'CompletingRebalance',
      members: [aMember('a'), aMember('b', { groupInstanceId: I1, isPendingSync })],
    });
  const comeBack = (isPendingSync: boolean): GroupTurn => {
    const turn = join(aTurn(settled(isPendingSync)), aJoin(null, { groupInstanceId: I1 }), 'b');
    onSyncGroup(turn, { ...aSync('b-fresh'), groupInstanceId: I1 }, aParked('b'));
    expect(answersOf(turn)).toEqual(['b JoinGroupResponse NONE', 'b SyncGroupResponse NONE']);
    onGroupTimer(turn, { kind: 'syncTimeout', memberId: null });
    return turn;
  };

  it('that comes back to a settled group changes nothing', () => {
    expect(comeBack(false).state.state).toBe('Stable');
  });

  it('that comes back before it had synced leaves its old id waited for: a rebalance follows', () => {
    const turn = comeBack(true);
    expect(turn.state.state).toBe('PreparingRebalance');
    expect(turn.state.members.size).toBe(2);
  });
});
