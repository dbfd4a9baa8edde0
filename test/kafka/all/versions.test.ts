import { afterAll, describe, expect, it } from 'vitest';
import { startBroker } from '../../../server/broker/choose-broker.ts';
import { BrokerPool } from '../../../server/conformance/broker-pool.ts';
import { divergences, judgeLive } from '../../../server/conformance/judge.ts';
import { brokerConfigOf } from '../../../server/run/recording-file.ts';
import { readSettings } from '../../../server/settings.ts';
import { readCase } from '../../support/recordings.ts';

const CLASSIC = ['eager-join', 'librdkafka-join', 'kafkajs-join'];

/** Settings of KIP-848 groups too, which a broker that does not have them has to put up with. */
const config = brokerConfigOf(readCase('consumer-protocol-join').scenario);

describe.each([
  ['3.9.1', CLASSIC],
  ['4.1.1', [...CLASSIC, 'consumer-protocol-join']],
])('a scenario on Kafka %s', (kafkaVersion, names) => {
  const settings = { ...readSettings({}), kafkaVersion };
  const brokers = new BrokerPool(() => startBroker(settings, config, () => undefined));
  afterAll(() => brokers.stop());

  it.concurrent.each(names)(
    'comes to what is simulated of that version, and to what 4.3.1 did: %s',
    async (name) => {
      const { scenario, ...earlier } = readCase(name);
      const { recorded, fromEarlier, fromSimulated } = await brokers.use((broker) =>
        judgeLive(scenario, broker, { earlier }),
      );
      expect(recorded.versions['kafka']).toBe(kafkaVersion);
      expect({
        fromRecorded: fromEarlier === null ? null : divergences(fromEarlier),
        fromSimulated: divergences(fromSimulated),
      }).toEqual({ fromRecorded: [], fromSimulated: [] });
    },
  );
});
