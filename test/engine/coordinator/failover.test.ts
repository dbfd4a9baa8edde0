import { describe, expect, it } from 'vitest';
import type { ClassicGroup } from '../../../engine/coordinator/classic-group.ts';
import type { GroupEffect } from '../../../engine/coordinator/effects.ts';
import { load, unload } from '../../../engine/coordinator/failover.ts';
import type { Coordinator } from '../../../engine/coordinator/state.ts';
import { asGenerationId } from '../../../engine/protocol/ids.ts';
import { existing } from '../../../engine/assert.ts';
import {
  aGroup,
  aHeartbeat,
  aJoin,
  aMember,
  aParked,
  aProtocol,
  memberIdOf,
} from '../../support/builders.ts';
import { CoordinatorBench } from '../../support/coordinator-bench.ts';

const withGroup = (group: ClassicGroup): Coordinator => ({
  ...new CoordinatorBench().coordinator,
  group,
});

const answers = (effects: readonly GroupEffect[]): readonly string[] =>
  effects.flatMap((effect) =>
    effect.type === 'send'
      ? [`${effect.to.name} ${effect.message.type} ${effect.message.errorCode}`]
      : [],
  );

const timers = (effects: readonly GroupEffect[]): readonly string[] =>
  effects.flatMap((effect) =>
    effect.type === 'startTimer'
      ? [`${effect.timer.kind} ${effect.timer.memberId} ${effect.afterMs}`]
      : [],
  );

const classicIn = ({ group }: Coordinator): ClassicGroup => {
  if (group?.protocol !== 'classic') throw new Error('it is no classic group');
  return group;
};

describe('unload', () => {
  it('sends parked joins and syncs away, and the group is dead', () => {
    const members = [aMember('a', { awaitingJoin: aParked('a') }), aMember('b')];
    const joining = withGroup(aGroup({ state: 'PreparingRebalance', members }));
    expect(answers(unload(joining).effects)).toEqual(['a JoinGroupResponse NOT_COORDINATOR']);
    const syncing = withGroup(
      aGroup({
        state: 'CompletingRebalance',
        members: [aMember('a', { awaitingSync: aParked('a') })],
      }),
    );
    const { coordinator, effects } = unload(syncing);
    expect(answers(effects)).toEqual(['a SyncGroupResponse NOT_COORDINATOR']);
    expect(classicIn(coordinator).state).toBe('Dead');
  });
});

describe('load', () => {
  const persisted = {
    generationId: asGenerationId(4),
    protocolName: 'range',
    leaderId: memberIdOf('a'),
    members: aGroup({
      members: [aMember('a', { protocols: [aProtocol(), aProtocol('sticky')] }), aMember('b')],
    }).members,
  };
  const rebalancing = withGroup(
    aGroup({
      state: 'PreparingRebalance',
      generationId: asGenerationId(4),
      members: [aMember('a', { awaitingJoin: aParked('a') }), aMember('b'), aMember('c')],
      pendingJoinMembers: new Map([[memberIdOf('d'), aParked('d').client.name]]),
      persisted,
    }),
  );

  it('forgets a rebalance that was under way, and ids that were handed out', () => {
    const { coordinator, effects } = load(rebalancing);
    const group = classicIn(coordinator);
    expect([group.state, group.generationId, group.leaderId]).toEqual(['Stable', 4, 'a']);
    expect([...group.members.keys()]).toEqual(['a', 'b']);
    expect(group.pendingJoinMembers.size).toBe(0);
    expect(timers(effects)).toEqual(['session a 45000', 'session b 45000']);
  });

  it('knows only what each member offered under the assignor of the group', () => {
    const { members } = classicIn(load(rebalancing).coordinator);
    const { protocols } = existing(members.get(memberIdOf('a')), 'a');
    expect(protocols.map(({ name }) => name)).toEqual(['range']);
  });

  it('rebalances a group that is larger than allowed by now', () => {
    const { settings } = rebalancing;
    const { coordinator } = load({ ...rebalancing, settings: { ...settings, maxSize: 1 } });
    expect(classicIn(coordinator).state).toBe('PreparingRebalance');
  });

  /** M1 of the consumer protocol, and C1 of the classic one, which is told to give up. */
  function mixedGroup(): CoordinatorBench {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.beat('M1', 0);
    bench.ask(aJoin('C1', { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 9_000 }), 'C1');
    bench.beat('M1', 2, { owned: 'orders-0 orders-1' });
    bench.beat('M1', 2, { owned: 'orders-0' });
    bench.ask(aJoin('C1', { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 9_000 }), 'C1');
    return bench;
  }

  it('gives each member of a consumer group a session of the broker’s length', () => {
    const started = timers(load(mixedGroup().coordinator).effects);
    expect(started.filter((timer) => timer.startsWith('session'))).toEqual([
      'session M1 45000',
      'session C1 45000',
    ]);
  });

  it('starts the clock of who has something to give up anew', () => {
    const bench = new CoordinatorBench({ orders: 2 });
    bench.beat('M1', 0);
    bench.beat('M2', 0);
    bench.beat('M1', 2);
    expect(timers(load(bench.coordinator).effects)).toEqual([
      'session M1 45000',
      'revocationTimeout M1 300000',
      'session M2 45000',
    ]);
  });

  it('tells a classic member of a consumer group again to rejoin, and waits for it anew', () => {
    const bench = mixedGroup();
    bench.beat('M2', 0);
    const beat = (): string => bench.ask(aHeartbeat('C1', 3), 'C1').errorCode;
    expect(beat()).toBe('REBALANCE_IN_PROGRESS');
    bench.coordinator = load(bench.coordinator).coordinator;
    expect(beat()).toBe('REBALANCE_IN_PROGRESS');
    expect(bench.timers).toContain('+memberJoinTimeout C1 9000');
  });
});
