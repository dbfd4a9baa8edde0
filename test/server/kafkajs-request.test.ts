import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { toRecordedBodies } from '../../server/record/kafkajs-request.ts';

const { AssignerProtocol } = kafkajs;

describe('toRecordedBodies', () => {
  it('spells a JoinGroup as Kafka’s request log does', () => {
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: 0,
      topics: ['orders'],
      userData: Buffer.alloc(0),
    });
    const bodies = toRecordedBodies({
      api: 'JoinGroup',
      version: 5,
      args: {
        groupId: 'g',
        sessionTimeout: 6_000,
        rebalanceTimeout: 10_000,
        memberId: '',
        protocolType: 'consumer',
        groupProtocols: [{ name: 'RoundRobinAssigner', metadata }],
      },
      body: {
        errorCode: 79,
        generationId: -1,
        groupProtocol: '',
        leaderId: '',
        memberId: 'm',
        members: [],
      },
    });
    expect(bodies?.errors).toEqual(['MEMBER_ID_REQUIRED']);
    expect(bodies?.request['protocols']).toEqual([
      { name: 'RoundRobinAssigner', metadata: { version: 0, topics: ['orders'], userData: null } },
    ]);
    expect(bodies?.response).toMatchObject({ errorCode: 79, memberId: 'm', leader: '' });
  });

  it('decodes the assignments of a SyncGroup', () => {
    const assignment = AssignerProtocol.MemberAssignment.encode({
      version: 0,
      assignment: { orders: [2, 0] },
      userData: Buffer.alloc(0),
    });
    const bodies = toRecordedBodies({
      api: 'SyncGroup',
      version: 3,
      args: {
        groupId: 'g',
        generationId: 1,
        memberId: 'm',
        groupAssignment: [{ memberId: 'm', memberAssignment: assignment }],
      },
      body: { errorCode: 0, memberAssignment: assignment },
    });
    expect(bodies?.request['assignments']).toEqual([
      { memberId: 'm', assignment: ['orders-2', 'orders-0'] },
    ]);
    expect(bodies?.errors).toEqual([]);
  });

  it('leaves out APIs that a recording does not hold', () => {
    expect(toRecordedBodies({ api: 'Fetch', version: 4, args: {}, body: {} })).toBeNull();
  });
});
