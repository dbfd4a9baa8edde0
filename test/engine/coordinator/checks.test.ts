import { describe, expect, it } from 'vitest';
import { asGroupId, asGroupInstanceId, asMemberId } from '../../../engine/protocol/ids.ts';
import { aHeartbeat, aJoin, aSync } from '../../support/builders.ts';
import { CoordinatorBench } from '../../support/coordinator-bench.ts';

const NAMELESS = asGroupId('');

describe('a request that is wrong in itself', () => {
  it.each([5_999, 1_800_001])('is a JoinGroup with a session of %i ms', (sessionTimeoutMs) => {
    const { errorCode, memberId } = new CoordinatorBench().ask(aJoin('a', { sessionTimeoutMs }));
    expect([errorCode, memberId]).toEqual(['INVALID_SESSION_TIMEOUT', 'a']);
  });

  it('is found out in a consumer group too, and while the coordinator loads', () => {
    const bench = new CoordinatorBench();
    bench.beat('M1', 0);
    const short = aJoin(null, { sessionTimeoutMs: 1 });
    expect(bench.ask(short).errorCode).toBe('INVALID_SESSION_TIMEOUT');
    bench.coordinator = { ...bench.coordinator, isLoading: true };
    expect(bench.ask(short).errorCode).toBe('INVALID_SESSION_TIMEOUT');
    expect(bench.ask(aJoin('a'))).toMatchObject({
      errorCode: 'COORDINATOR_LOAD_IN_PROGRESS',
      memberId: null,
    });
  });

  it.each([
    aJoin(null, { groupId: NAMELESS }),
    { ...aSync('a'), groupId: NAMELESS },
    { ...aHeartbeat('a'), groupId: NAMELESS },
    { type: 'LeaveGroupRequest', groupId: NAMELESS, members: [] } as const,
  ])('is a $type without a group', (request) => {
    expect(new CoordinatorBench().ask(request).errorCode).toBe('INVALID_GROUP_ID');
  });

  it('is a ConsumerGroupHeartbeat with a blank text', () => {
    const bench = new CoordinatorBench();
    const blank = [
      { groupId: NAMELESS },
      { memberId: asMemberId('') },
      { groupInstanceId: asGroupInstanceId(' ') },
      { rackId: '' },
    ];
    expect(blank.map((parts) => bench.told('M1', 0, parts))).toEqual(
      blank.map(() => 'INVALID_REQUEST'),
    );
  });
});
