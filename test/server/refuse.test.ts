import { describe, expect, it } from 'vitest';
import { refuseUnrunnable } from '../../server/run/refuse.ts';
import { aScenario } from '../support/builders.ts';

describe('refuseUnrunnable', () => {
  const start = { atMs: 0, do: 'start', member: 'C1' };
  const kafkajs = { client: 'kafkajs', members: ['C1'], config: {}, script: [start] };
  const refusing = (parts: object) => () => {
    refuseUnrunnable(aScenario({ ...kafkajs, ...parts }));
  };

  it('lets a scenario pass that kafkajs members can play', () => {
    expect(refusing({ work: { perRecordMs: 5 } })).not.toThrow();
  });

  it('refuses ways to work, and options of close(), that kafkajs does not have', () => {
    expect(refusing({ work: { workers: 2 } })).toThrow(/\$\.members\[0\]\.work\.workers/);
    const close = { atMs: 1, do: 'close', member: 'C1', groupMembershipOperation: 'LEAVE_GROUP' };
    expect(refusing({ script: [start, close] })).toThrow(/\$\.script\[1\]\.groupMembershipOp/);
    expect(refusing({ script: [start, { atMs: 1, do: 'wakeup', member: 'C1' }] })).toThrow(
      /wakeup/,
    );
  });
});
