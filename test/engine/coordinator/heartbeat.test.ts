import { describe, expect, it } from 'vitest';
import { onHeartbeat } from '../../../engine/coordinator/heartbeat.ts';
import {
  aGroup,
  aHeartbeat,
  aMember,
  aParked,
  aTurn,
  answersOf,
  timersOf,
} from '../../support/builders.ts';

const beat = (
  state: 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead',
  memberId = 'a',
  generationId = 1,
) => {
  const turn = aTurn(aGroup({ state, members: [aMember('a', { sessionTimeoutMs: 9_000 })] }));
  onHeartbeat(turn, aHeartbeat(memberId, generationId), aParked(memberId));
  return turn;
};

describe('onHeartbeat', () => {
  it.each([
    ['PreparingRebalance', 'REBALANCE_IN_PROGRESS'],
    ['CompletingRebalance', 'NONE'],
    ['Stable', 'NONE'],
  ] as const)('answers a member in %s with %s and restarts its session', (state, errorCode) => {
    const turn = beat(state);
    expect(answersOf(turn)).toEqual([`a HeartbeatResponse ${errorCode}`]);
    expect(timersOf(turn)).toEqual(['session a 9000']);
  });

  it.each([
    ['a stranger', beat('Stable', 'b'), 'UNKNOWN_MEMBER_ID'],
    ['an older generation', beat('Stable', 'a', 0), 'ILLEGAL_GENERATION'],
    ['a newer generation', beat('Stable', 'a', 2), 'ILLEGAL_GENERATION'],
    ['a dead group', beat('Dead'), 'COORDINATOR_NOT_AVAILABLE'],
  ])('refuses %s and leaves the session running', (_who, turn, errorCode) => {
    expect(answersOf(turn)).toEqual([expect.stringContaining(errorCode)]);
    expect(timersOf(turn)).toEqual([]);
  });
});
