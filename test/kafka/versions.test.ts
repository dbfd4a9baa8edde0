import { expect, it } from 'vitest';
import { describeBroker, startBroker } from '../../server/broker/choose-broker.ts';
import { readSettings } from '../../server/settings.ts';

const settings = { ...readSettings({}), kafkaVersion: '4.99.0' };
const { kind } = await describeBroker(settings);

// With CI=true a skip is a failure.
it.skipIf(kind !== 'maven')(
  'a version that Maven does not have is told by its own error',
  async () => {
    const started = startBroker(settings, {}, () => undefined);
    await expect(started).rejects.toMatchObject({
      code: 'kafka-version-unknown',
      message: 'Maven has no Apache Kafka 4.99.0.',
    });
  },
);
