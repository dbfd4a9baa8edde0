import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf, parseRecording, type ClientKind } from '../../engine/index.ts';
import { startBroker } from '../../server/broker/choose-broker.ts';
import { waitUntilReady } from '../../server/broker/ready.ts';
import { describeClient } from '../../server/members/clients.ts';
import { runLive } from '../../server/run/live-run.ts';
import { printRecording } from '../../server/run/recording-file.ts';
import { readSettings, type Settings } from '../../server/settings.ts';
import { aScenario } from '../support/builders.ts';
import { PASSWORD, USERNAME, startSecuredBroker, type SecuredBroker } from './secured-broker.ts';

const librdkafka = await describeClient('librdkafka');
if (!librdkafka.isAvailable) console.log(`Skipped: ${librdkafka.text}`);

let theirs: SecuredBroker;

beforeAll(async () => {
  theirs = await startSecuredBroker();
  const { brokers, security } = settingsWith('PLAIN');
  await waitUntilReady(brokers ?? [], 60_000, security);
  await theirs.hideSettings();
});
afterAll(async () => {
  await theirs.stop();
});

const settingsWith = (mechanism: string, password = PASSWORD): Settings =>
  readSettings({
    KAFKA_BROKERS: theirs.address,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: USERNAME,
    KAFKA_SASL_PASSWORD: password,
    KAFKA_SSL_CA: theirs.caFile,
  });

const silent = (): void => undefined;

const settingsByCertificate = (): Settings =>
  readSettings({
    KAFKA_BROKERS: theirs.sslAddress,
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_SSL_CA: theirs.caFile,
    KAFKA_SSL_CERT: theirs.caFile,
    KAFKA_SSL_KEY: theirs.keyFile,
  });

describe.concurrent('on a broker that wants TLS and a login', () => {
  /** A member of each client comes up, is killed, and is removed from its group by an admin. */
  async function runs(client: ClientKind, settings: Settings, isStatic = false): Promise<void> {
    const identity = isStatic ? { 'group.instance.id': 'one' } : {};
    const scenario = aScenario({
      members: ['C1'],
      client,
      config: { 'session.timeout.ms': 30_000, ...identity },
      script: [
        { atMs: 0, do: 'start', member: 'C1' },
        { atMs: 1_000, do: 'produce', topic: 'orders', count: 4 },
        { atMs: 6_000, do: 'crash', member: 'C1' },
        ...(isStatic ? [{ atMs: 6_500, do: 'removeMember', member: 'C1' }] : []),
      ],
      untilMs: 7_500,
    });
    const said: string[] = [];
    const counts = new Set<number>();
    const listener = {
      onHeader: silent,
      onLine: silent,
      onPoll: ({ memberCount }: { readonly memberCount: number }) => counts.add(memberCount),
      onProgress: (text: string) => said.push(text),
    };
    const broker = await startBroker(settings, {}, silent);
    const run = await runLive(scenario, broker, listener, new AbortController().signal);
    const recording = printRecording(run);
    const { generations } = outcomeOf(parseRecording(recording));
    const topic = run.header.scenario.topics[0]?.name;
    expect(generations.map(({ assignment }) => assignment)).toEqual([
      { C1: [0, 1, 2, 3].map((partition) => `${topic}-${partition}`) },
    ]);
    expect(run.lines.filter(({ type }) => type === 'records').length).toBeGreaterThan(0);
    // The admin's own questions are answered too.
    expect(counts).toContain(1);
    const requests = run.lines.flatMap((line) => (line.type === 'request' ? [line.api] : []));
    expect(requests.includes('LeaveGroup')).toBe(isStatic);
    expect(said.filter((text) => text.startsWith('Not removed'))).toEqual([]);
    // What it does not let us read is said.
    expect(said).toContainEqual(
      expect.stringContaining('Your broker does not tell its settings ('),
    );
    for (const text of [recording, ...said]) expect(text).not.toContain('hush');
  }

  it('runs Java members', () => runs('java', settingsWith('SCRAM-SHA-512')));
  it.skipIf(!librdkafka.isAvailable)('runs librdkafka members', () =>
    runs('librdkafka', settingsWith('PLAIN')),
  );
  it('runs kafkajs members', () => runs('kafkajs', settingsWith('SCRAM-SHA-256')));
  it('runs Java members by PLAIN, and lets the script remove one', () =>
    runs('java', settingsWith('PLAIN'), true));

  it('runs members where it asks for a certificate', () =>
    runs('kafkajs', settingsByCertificate()));

  it('says what to correct when the password is wrong', async () => {
    const started = startBroker(settingsWith('PLAIN', 'wrong'), {}, silent);
    await expect(started).rejects.toMatchObject({
      code: 'broker-unreachable',
      remedy: 'Correct KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
    });
  });
});
