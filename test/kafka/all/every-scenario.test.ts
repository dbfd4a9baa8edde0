import { afterAll, describe, expect, it } from 'vitest';
import {
  compareOutcomes,
  compareTraces,
  differencesByIds,
  idsOf,
  outcomeOf,
  parseRecording,
  simulate,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../../engine/index.ts';
import type { Broker } from '../../../server/broker/broker.ts';
import { startBroker } from '../../../server/broker/choose-broker.ts';
import { runLive } from '../../../server/run/live-run.ts';
import { brokerConfigOf, printRecording } from '../../../server/run/recording-file.ts';
import { readSettings } from '../../../server/settings.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

// Names on a broker of somebody else are not the recorded ones.
const settings = { ...readSettings(process.env), brokers: null };

/** Settings of KIP-848 groups, of which classic groups have no use: one broker suits every scenario. */
const config = brokerConfigOf(readCase('consumer-protocol-join').scenario);

/** All that were started, and those of them that no scenario is using. */
const brokers: Broker[] = [];
const free: Broker[] = [];
afterAll(() => Promise.all(brokers.map((broker) => broker.stop())));

async function newBroker(): Promise<Broker> {
  const broker = await startBroker(settings, config, () => undefined);
  brokers.push(broker);
  return broker;
}

const quiet = { onHeader: () => undefined, onLine: () => undefined, onProgress: () => undefined };

/** Runs a scenario under its own names, on a broker that it has for itself. */
async function record(scenario: Scenario): Promise<Trace> {
  const broker = free.pop() ?? (await newBroker());
  try {
    const run = await runLive(scenario, broker, quiet, new AbortController().signal);
    return parseRecording(printRecording(run), scenario.name);
  } finally {
    free.push(broker);
  }
}

const divergences = ({ differences }: Verdict): readonly string[] =>
  differences.filter(({ rule }) => rule === null).map(({ sentence }) => sentence);

describe.concurrent('a scenario on a real broker', () => {
  it.each(RECORDING_NAMES)(
    'comes to what was recorded and to what is simulated: %s',
    async (name) => {
      const { scenario, trace, outcome } = readCase(name);
      const recorded = await record(scenario);
      const simulated = simulate(recorded.scenario, idsOf(recorded));
      expect({
        fromRecorded: divergences(
          compareOutcomes(
            outcome,
            outcomeOf(recorded),
            undefined,
            differencesByIds(trace, recorded),
          ),
        ),
        fromSimulated: divergences(compareTraces(simulated, recorded)),
      }).toEqual({ fromRecorded: [], fromSimulated: [] });
    },
  );
});
