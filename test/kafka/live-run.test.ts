import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareTraces,
  outcomeOf,
  parseRecording,
  idsOf,
  simulate,
  withClient,
} from '../../engine/index.ts';
import type { Broker } from '../../server/broker/broker.ts';
import { startBroker } from '../../server/broker/choose-broker.ts';
import { Cluster } from '../../server/run/cluster.ts';
import { runLive } from '../../server/run/live-run.ts';
import { printRecording } from '../../server/run/recording-file.ts';
import { readSettings } from '../../server/settings.ts';
import { aScenario } from '../support/builders.ts';
import { readCase } from '../support/recordings.ts';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker(readSettings(process.env), {}, () => undefined);
});
afterAll(async () => {
  await broker.stop();
});

const quiet = { onHeader: () => undefined, onLine: () => undefined, onProgress: () => undefined };

describe('a live run', () => {
  it('of lesson 1 with kafkajs comes to what the simulation of the same members comes to', async () => {
    const { scenario } = withClient(readCase('eager-join').scenario, 'kafkajs');
    const text = printRecording(
      await runLive(scenario, broker, quiet, new AbortController().signal),
    );
    const recorded = parseRecording(text, 'the recording');
    const simulated = simulate(scenario, idsOf(recorded));
    expect(compareTraces(simulated, recorded).differences).toEqual([]);
  });

  it('kills and restarts members as the script says, and records their records', async () => {
    const scenario = aScenario({
      members: ['C1', 'C2'],
      client: 'kafkajs',
      partitions: 2,
      broker: {},
      config: { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_000 },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 500, do: 'start', member: 'C2' },
        { atMs: 7_500, do: 'produce', topic: 'orders', count: 6 },
        { atMs: 9_000, do: 'close', member: 'C2' },
        { atMs: 12_000, do: 'crash', member: 'C1' },
      ],
      untilMs: 13_000,
    });
    const text = printRecording(
      await runLive(scenario, broker, quiet, new AbortController().signal),
    );
    const outcome = outcomeOf(parseRecording(text, 'the recording'));
    expect(outcome.generations.map(({ assignment }) => Object.keys(assignment))).toEqual([
      ['C1', 'C2'],
      ['C1'],
    ]);
    expect(outcome.redelivered).toEqual({});
    expect(outcome.final).toEqual({});
    const polled = parseRecording(text, 'x').events.filter(({ kind }) => kind === 'recordsPolled');
    expect(polled).toHaveLength(6);
  });

  it('that is cancelled leaves no topic and no group', async () => {
    const { scenario } = withClient(readCase('eager-join').scenario, 'kafkajs');
    const cancel = new AbortController();
    const run = runLive(
      scenario,
      broker,
      {
        ...quiet,
        onLine: () => {
          cancel.abort();
        },
      },
      cancel.signal,
    );
    await expect(run).rejects.toThrow('The run was cancelled.');
    const cluster = new Cluster(broker.addresses);
    await cluster.connect();
    expect(await cluster.names()).toEqual({ topics: [], groups: [] });
    await cluster.disconnect();
  });

  it('on somebody else’s broker takes names that nobody else has, and removes them after', async () => {
    const scenario = aScenario({
      members: ['C1'],
      client: 'kafkajs',
      config: { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_000 },
      untilMs: 4_500,
    });
    const foreign: Broker = { ...broker, kind: 'foreign' };
    const { header, lines } = await runLive(scenario, foreign, quiet, new AbortController().signal);
    expect(header.scenario.group).toMatch(/^playground-\d+-orders-app$/);
    expect(header.scenario.topics[0]?.name).toMatch(/^playground-\d+-orders$/);
    expect(lines.filter(({ type }) => type === 'callback')).toHaveLength(1);
    const cluster = new Cluster(broker.addresses);
    await cluster.connect();
    expect(await cluster.names()).toEqual({ topics: [], groups: [] });
    await cluster.disconnect();
  });
});
