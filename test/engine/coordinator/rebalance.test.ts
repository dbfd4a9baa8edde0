import { describe, expect, it } from 'vitest';
import { onHeartbeat } from '../../../engine/coordinator/heartbeat.ts';
import type { GroupMember, GroupTurn } from '../../../engine/coordinator/classic-group.ts';
import { asGroupInstanceId } from '../../../engine/protocol/ids.ts';
import { onLeaveGroup } from '../../../engine/coordinator/leave-group.ts';
import { selectProtocol } from '../../../engine/coordinator/rebalance.ts';
import { onSyncGroup } from '../../../engine/coordinator/sync-group.ts';
import { onGroupTimer } from '../../../engine/coordinator/timers.ts';
import {
  A_GROUP_ID,
  aGroup,
  aHeartbeat,
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

const leave = (memberId: string) =>
  ({
    type: 'LeaveGroupRequest',
    groupId: A_GROUP_ID,
    members: [{ memberId: memberIdOf(memberId), groupInstanceId: null, reason: null }],
  }) as const;

describe('onSyncGroup', () => {
  const completing = aGroup({
    state: 'CompletingRebalance',
    members: [aMember('a', { isPendingSync: true }), aMember('b', { isPendingSync: true })],
  });

  it('holds a follower back until the leader has assigned', () => {
    const turn = aTurn(completing);
    onSyncGroup(turn, aSync('b'), aParked('b'));
    expect(answersOf(turn)).toEqual([]);
    onSyncGroup(turn, aSync('a', { a: [0, 1], b: [2] }), aParked('a'));
    expect(answersOf(turn)).toEqual(['a SyncGroupResponse NONE', 'b SyncGroupResponse NONE']);
    expect(turn.state.state).toBe('Stable');
  });

  it('gives nothing to a member that the leader left out', () => {
    const turn = aTurn(completing);
    onSyncGroup(turn, aSync('a', { a: [0] }), aParked('a'));
    onSyncGroup(turn, aSync('b'), aParked('b'));
    const answers = turn.effects.filter((effect) => effect.type === 'send');
    expect(answers.at(-1)?.message).toEqual({
      type: 'SyncGroupResponse',
      errorCode: 'NONE',
      assignment: [],
    });
  });

  it('tells a late member of a group that prepares again', () => {
    const turn = aTurn(aGroup({ state: 'PreparingRebalance', members: [aMember('a')] }));
    onSyncGroup(turn, aSync('a'), aParked('a'));
    expect(answersOf(turn)).toEqual(['a SyncGroupResponse REBALANCE_IN_PROGRESS']);
  });
});

describe('onLeaveGroup', () => {
  it('rebalances a stable group without the member', () => {
    const turn = aTurn(aGroup({ state: 'Stable', members: [aMember('a'), aMember('b')] }));
    onLeaveGroup(turn, leave('a'), aParked('a'));
    expect(turn.state.state).toBe('PreparingRebalance');
    expect(turn.state.leaderId).toBe('b');
    expect(timersOf(turn)).toEqual(['rebalanceTimeout 300000']);
  });

  it('empties the group with its last member, and bumps the generation', () => {
    const turn = aTurn(aGroup({ state: 'Stable', members: [aMember('a')] }));
    onLeaveGroup(turn, leave('a'), aParked('a'));
    expect([turn.state.state, turn.state.generationId]).toEqual(['Empty', 2]);
  });
});

describe('onGroupTimer', () => {
  it('removes a silent member and rebalances', () => {
    const turn = aTurn(aGroup({ state: 'Stable', members: [aMember('a'), aMember('b')] }));
    onGroupTimer(turn, { kind: 'session', memberId: memberIdOf('b') });
    expect([...turn.state.members.keys()]).toEqual(['a']);
    expect(turn.state.state).toBe('PreparingRebalance');
  });

  it('spares a member whose request it holds back', () => {
    const members = [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')];
    const turn = aTurn(aGroup({ state: 'PreparingRebalance', previousState: 'Stable', members }));
    onGroupTimer(turn, { kind: 'session', memberId: memberIdOf('a') });
    expect(turn.state.members.size).toBe(2);
  });

  it('removes a member that was heard once in its first join phase, and then no more', () => {
    const isNew = true;
    const members = [aMember('a', { awaitingJoin: aParked('a'), isNew }), aMember('b')];
    const turn = aTurn(aGroup({ state: 'PreparingRebalance', previousState: 'Stable', members }));
    onHeartbeat(turn, aHeartbeat('a'), aParked('a', 1));
    // The session takes the place of the five minutes that it had.
    expect(timersOf(turn)).toEqual(['session a 45000']);
    const stopped = turn.effects.flatMap((each) => (each.type === 'stopTimer' ? each.timer : []));
    expect(stopped).toEqual([{ kind: 'newMember', memberId: 'a' }]);
    onGroupTimer(turn, { kind: 'session', memberId: memberIdOf('a') });
    expect([...turn.state.members.keys()]).toEqual(['b']);
    expect(answersOf(turn).at(-1)).toBe('a JoinGroupResponse UNKNOWN_MEMBER_ID');
  });

  it('drops who has not rejoined when the rebalance timeout is over', () => {
    const members = [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')];
    const turn = aTurn(aGroup({ state: 'PreparingRebalance', previousState: 'Stable', members }));
    onGroupTimer(turn, { kind: 'rebalanceTimeout', memberId: null });
    expect([...turn.state.members.keys()]).toEqual(['a']);
    expect(turn.state.state).toBe('CompletingRebalance');
  });

  const rebalanceOver = (...members: readonly GroupMember[]): GroupTurn => {
    const turn = aTurn(aGroup({ state: 'PreparingRebalance', previousState: 'Stable', members }));
    onGroupTimer(turn, { kind: 'rebalanceTimeout', memberId: null });
    return turn;
  };
  const away = aMember('b', { groupInstanceId: asGroupInstanceId('i1') });

  it('keeps a static member that has not rejoined by then, and gives it a share', () => {
    const turn = rebalanceOver(aMember('a', { awaitingJoin: aParked('a') }), away);
    expect(turn.state.state).toBe('CompletingRebalance');
    expect([...turn.state.members.keys()]).toEqual(['a', 'b']);
    expect(memberIn(turn, 'b').isPendingSync).toBe(true);
    expect(timersOf(turn)).toEqual(['session a 45000', 'session b 45000', 'syncTimeout 300000']);
  });

  it('waits anew when only static members are left, none of whom has rejoined', () => {
    const turn = rebalanceOver(aMember('a'), away);
    expect([...turn.state.members.keys()]).toEqual(['b']);
    expect([turn.state.state, turn.state.generationId]).toEqual(['PreparingRebalance', 1]);
    expect(timersOf(turn)).toEqual(['rebalanceTimeout 300000']);
  });

  it('removes who has not synced, the leader too', () => {
    const group = aGroup({
      state: 'CompletingRebalance',
      members: [
        aMember('a', { isPendingSync: true }),
        aMember('b', { awaitingSync: aParked('b') }),
      ],
    });
    const turn = aTurn(group);
    onGroupTimer(turn, { kind: 'syncTimeout', memberId: null });
    expect([...turn.state.members.keys()]).toEqual(['b']);
    expect(answersOf(turn)).toEqual(['b SyncGroupResponse REBALANCE_IN_PROGRESS']);
  });
});

describe('selectProtocol', () => {
  const voters = (...lists: readonly (readonly string[])[]) =>
    aGroup({
      members: lists.map((names, index) =>
        aMember(`m${index}`, { protocols: names.map((name) => aProtocol(name)) }),
      ),
    });

  it('counts votes among the names that all members list', () => {
    const group = voters(
      ['sticky', 'range'],
      ['range', 'sticky'],
      ['range', 'sticky', 'roundrobin'],
    );
    expect(selectProtocol(group)).toBe('range');
  });

  it('breaks a tie by Java’s hash order', () => {
    expect(selectProtocol(voters(['range', 'sticky'], ['sticky', 'range']))).toBe('sticky');
  });
});
