import { afterAll, describe, expect, it } from 'vitest';
import { startBroker } from '../../../server/broker/choose-broker.ts';
import { BrokerPool } from '../../../server/conformance/broker-pool.ts';
import { divergences, judgeLive } from '../../../server/conformance/judge.ts';
import { brokerConfigOf } from '../../../server/run/recording-file.ts';
import { readSettings } from '../../../server/settings.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

// Names on a broker of somebody else are not the recorded ones.
const settings = { ...readSettings(process.env), brokers: null };

/** Settings of KIP-848 groups, of which classic groups have no use: one broker suits every scenario. */
const config = brokerConfigOf(readCase('consumer-protocol-join').scenario);

const brokers = new BrokerPool(() => startBroker(settings, config, () => undefined));
afterAll(() => brokers.stop());

describe.concurrent('a scenario on a real broker', () => {
  it.each(RECORDING_NAMES)(
    'comes to what was recorded and to what is simulated: %s',
    async (name) => {
      const { scenario, ...earlier } = readCase(name);
      const { fromEarlier, fromSimulated } = await brokers.use((broker) =>
        judgeLive(scenario, broker, { earlier }),
      );
      expect({
        fromRecorded: fromEarlier === null ? null : divergences(fromEarlier),
        fromSimulated: divergences(fromSimulated),
      }).toEqual({ fromRecorded: [], fromSimulated: [] });
    },
  );
});
