import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../engine/index.ts';
import type { Broker } from '../../server/broker/broker.ts';
import { describeBroker, startBroker } from '../../server/broker/choose-broker.ts';
import { divergences, judgeLive } from '../../server/conformance/judge.ts';
import { readSettings } from '../../server/settings.ts';
import { aScenario } from '../support/builders.ts';

const settings = readSettings(process.env);
const { kind } = await describeBroker(settings);
if (kind !== 'maven') console.log(`Skipped: of kind ${kind} there is one broker.`);

// Only ours can be several. With CI=true a skip is a failure.
describe.skipIf(kind !== 'maven')('a live run on three brokers', { retry: 2 }, () => {
  let brokers: Broker;
  beforeAll(async () => {
    brokers = await startBroker(settings, {}, () => undefined, 3);
  });
  afterAll(async () => {
    await brokers.stop();
  });

  it('moves the coordinator to another, where Java members go on as is simulated', async () => {
    const scenario = aScenario({
      members: ['C1', 'C2'],
      config: { 'partition.assignment.strategy': 'range', 'heartbeat.interval.ms': 1_000 },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 500, do: 'start', member: 'C2' },
        { atMs: 9_000, do: 'moveCoordinator', loadingMs: 20 },
      ],
      untilMs: 13_000,
    });
    const { recorded, fromSimulated } = await judgeLive(scenario, brokers);
    const { errors, generations } = outcomeOf(recorded);
    expect(errors['C1']).toContain('Heartbeat NOT_COORDINATOR');
    expect(errors['C2']).toContain('Heartbeat NOT_COORDINATOR');
    expect(generations).toHaveLength(1);
    expect(divergences(fromSimulated)).toEqual([]);
  });
});
