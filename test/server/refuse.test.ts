import { describe, expect, it } from 'vitest';
import { refuseUnrunnable } from '../../server/run/refuse.ts';
import { aScenario } from '../support/builders.ts';

describe('refuseUnrunnable', () => {
  const start = { atMs: 0, do: 'start', member: 'C1' };
  type Parts = NonNullable<Parameters<typeof aScenario>[0]>;
  const refusing =
    (parts: Parts, broker: Parameters<typeof refuseUnrunnable>[1] = 'maven', kafka = '4.3.1') =>
    () => {
      refuseUnrunnable(
        aScenario({ members: ['C1'], config: {}, script: [start], ...parts }),
        broker,
        kafka,
      );
    };
  const commanding = (command: object) => [start, { atMs: 1, ...command }];
  const close = { do: 'close', member: 'C1', groupMembershipOperation: 'LEAVE_GROUP' };

  it.each(['java', 'librdkafka', 'kafkajs'] as const)('lets members of %s work', (client) => {
    expect(refusing({ client, work: { perRecordMs: 5, commitInRevoked: true } })).not.toThrow();
  });

  it('lets Java members do what Java’s consumer can do', () => {
    const work = { listenerThrows: { in: 'assigned' }, lostCallsRevoked: true };
    expect(refusing({ work: { ...work, commit: { how: 'async' } } })).not.toThrow();
    const wakeup = { do: 'wakeup', member: 'C1' };
    for (const command of [close, wakeup, { do: 'enforceRebalance', member: 'C1' }]) {
      expect(refusing({ script: commanding(command) })).not.toThrow();
    }
  });

  it('refuses ways to work that a client’s members do not have, naming the path', () => {
    expect(refusing({ work: { workers: 2 } })).toThrow(/\$\.members\[0\]\.work\.workers.* java /);
    const commit = { commit: { how: 'sync' } };
    expect(refusing({ client: 'kafkajs', work: commit })).toThrow(/work\.commit .* kafkajs /);
  });

  it('refuses calls and options that a client does not have, naming the path', () => {
    const script = commanding(close);
    expect(refusing({ client: 'librdkafka', script })).toThrow(/script\[1\]\.groupMembershipOp/);
    const wakeup = commanding({ do: 'wakeup', member: 'C1' });
    expect(refusing({ client: 'kafkajs', script: wakeup })).toThrow(/"wakeup".* kafkajs/);
    const commit = commanding({ do: 'commit', member: 'C1' });
    expect(refusing({ client: 'kafkajs', script: commit })).toThrow(/"commit".* kafkajs/);
    expect(refusing({ client: 'librdkafka', script: commit })).not.toThrow();
  });

  it('refuses more than 32 members and more than ten minutes', () => {
    const named = (count: number) => Array.from({ length: count }, (_, index) => `C${index + 1}`);
    expect(refusing({ members: named(32), untilMs: 600_000 })).not.toThrow();
    expect(refusing({ members: named(33) })).toThrow(/\$\.members has 33 members, and 32 /);
    expect(refusing({ untilMs: 600_001 })).toThrow(/\$\.untilMs is 600001, .* ten minutes/);
  });

  it('refuses the consumer protocol on a broker of ours that has it as early access only', () => {
    const consumer = { config: { 'group.protocol': 'consumer' } };
    expect(refusing(consumer, 'maven', '4.0.0')).not.toThrow();
    expect(refusing(consumer, 'maven', '3.9.1')).toThrow(/\$\.members\[0\]\..*Kafka 3\.9\.1/);
    expect(refusing(consumer, 'foreign', '3.9.1')).not.toThrow();
    expect(refusing({}, 'maven', '3.9.1')).not.toThrow();
  });

  it('moves the coordinator among brokers of its own only, none of which is restarted', () => {
    const move = { do: 'moveCoordinator', loadingMs: 5 };
    expect(refusing({ script: commanding(move) }, 'maven')).not.toThrow();
    expect(refusing({ script: commanding(move) }, 'foreign')).toThrow(/moveCoordinator.*three/);
    expect(refusing({ script: commanding(move) }, 'docker')).toThrow(/moveCoordinator.*three/);
    const restart = { atMs: 2, do: 'restartBroker', downMs: 500 };
    expect(refusing({ script: [...commanding(move), restart] }, 'maven')).toThrow(/restartBroker/);
  });

  it('restarts a broker of its own only', () => {
    const script = commanding({ do: 'restartBroker', downMs: 500 });
    expect(refusing({ script }, 'maven')).not.toThrow();
    expect(refusing({ script }, 'foreign')).toThrow(/restartBroker/);
    expect(refusing({ script }, 'docker')).toThrow(/restartBroker/);
  });
});
