import getPort from 'get-port';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asMemberName,
  outcomeOf,
  parseRecording,
  rebalancesOf,
  type Trace,
} from '../../engine/index.ts';
import type { Broker } from '../../server/broker/broker.ts';
import { startBroker } from '../../server/broker/choose-broker.ts';
import { Cluster } from '../../server/run/cluster.ts';
import { readSettings } from '../../server/settings.ts';
import { startPlayground } from '../support/playground.ts';
import { until } from '../support/until.ts';
import { findTools } from './kafka-tools.ts';

const TOPIC = 'tapped.orders';
const GROUP = 'tapped-app';
const SESSION_MS = 6_000;
const CONSOLE = 'console-consumer';
const VERIFIABLE = `consumer-${GROUP}-1`;

const openTaps = v.object({ tap: v.object({ tapId: v.string(), listen: v.string() }) });

let broker: Broker;
/** What still runs when a test fails. */
const started: { kill(signal: 'SIGKILL'): boolean }[] = [];

beforeAll(async () => {
  const config = { 'group.initial.rebalance.delay.ms': '0' };
  broker = await startBroker(readSettings(process.env), config, () => undefined);
  const cluster = new Cluster(broker.addresses);
  await cluster.connect();
  await cluster.createTopics([{ name: TOPIC, partitions: 4 }]);
  await cluster.disconnect();
});
afterAll(async () => {
  for (const program of started) program.kill('SIGKILL');
  await broker.stop();
});

/** `playground tap` before the broker, as a person starts it. */
async function startTap() {
  const listen = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
  const to = broker.addresses[0] ?? '';
  const command = startPlayground(['tap', '--listen', listen, '--to', to]);
  started.push(command);
  let said = '';
  command.all.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const page = await until('the address of the page', () => /http:\S+(?=#tap)/.exec(said)?.[0]);
  const status: unknown = await (await fetch(`${page}api/status`)).json();
  const { tap } = v.parse(openTaps, status);
  const address = `${page}api/taps/${tap.tapId}/recording?group=${GROUP}`;
  return {
    listen: tap.listen,
    /** What the page would save now; null before a member has joined. */
    trace: async (): Promise<Trace | null> => {
      const answer = await fetch(address);
      return answer.ok ? parseRecording(await answer.text()) : null;
    },
    /** What Prometheus scrapes. */
    metrics: async (): Promise<string> => (await fetch(`${page}metrics`)).text(),
    stop: async (): Promise<number | undefined> => {
      command.kill('SIGINT');
      return (await command).exitCode;
    },
  };
}

/** Who owns how many partitions after the last rebalance; null while one is under way. */
function sharesIn(trace: Trace | null): Readonly<Record<string, number>> | null {
  const last = trace === null ? undefined : rebalancesOf(trace).at(-1);
  if (trace === null || last === undefined || last.generationId === null) return null;
  const [generation] = outcomeOf(trace).generations.slice(-1);
  const given = Object.entries(generation?.assignment ?? {});
  return Object.fromEntries(given.map(([name, partitions]) => [name, partitions.length]));
}

describe('playground tap', () => {
  it('shows who made programs of Kafka rebalance, and why', async () => {
    const startTool = await findTools();
    const tap = await startTap();
    const common = ['--bootstrap-server', tap.listen, '--topic', TOPIC];
    const quick = ['--command-property', `session.timeout.ms=${SESSION_MS}`];
    const start = (mainClass: string, args: readonly string[]) => {
      const program = startTool(mainClass, [...common, ...args]);
      started.push(program);
      return program;
    };
    const startConsole = () =>
      start('org.apache.kafka.tools.consumer.ConsoleConsumer', [
        ...['--group', GROUP, ...quick],
        ...['--command-property', 'heartbeat.interval.ms=500'],
      ]);
    const generationsUntil = async (what: string, shares: Readonly<Record<string, number>>) =>
      until(what, async () => {
        const trace = await tap.trace();
        const wanted = JSON.stringify(Object.entries(shares).sort());
        return JSON.stringify(Object.entries(sharesIn(trace) ?? {}).sort()) === wanted && trace;
      });

    let first = startConsole();
    await generationsUntil('the console consumer has all', { [CONSOLE]: 4 });
    const verifiable = start('org.apache.kafka.tools.VerifiableConsumer', [
      ...['--group-id', GROUP, '--session-timeout', String(SESSION_MS)],
    ]);
    await generationsUntil('both share', { [CONSOLE]: 2, [VERIFIABLE]: 2 });
    first.kill('SIGTERM');
    await first;
    await generationsUntil('the other has all', { [VERIFIABLE]: 4 });
    first = startConsole();
    await generationsUntil('both share again', { [CONSOLE]: 2, [VERIFIABLE]: 2 });
    verifiable.kill('SIGKILL');
    await generationsUntil('the console consumer has all again', { [CONSOLE]: 4 });
    first.kill('SIGTERM');
    await first;

    const trace = await until('its leave is heard', async () => {
      const heard = await tap.trace();
      return heard !== null && rebalancesOf(heard).length === 6 && heard;
    });
    expect(trace.scenario).toMatchObject({
      group: GROUP,
      topics: [{ name: TOPIC, partitions: 4 }],
      members: [
        { name: CONSOLE, client: 'java', config: { 'session.timeout.ms': SESSION_MS } },
        { name: VERIFIABLE, client: 'java', config: { 'session.timeout.ms': SESSION_MS } },
      ],
    });
    // The restarted program is the same member, under a new id.
    expect(trace.memberIds.get(asMemberName(CONSOLE))).toHaveLength(2);
    const { generations } = outcomeOf(trace);
    expect(generations.map(({ generationId }) => generationId)).toEqual([1, 2, 3, 4, 5]);
    expect(generations.map(({ assignment }) => Object.keys(assignment).sort())).toEqual([
      [CONSOLE],
      [CONSOLE, VERIFIABLE],
      [VERIFIABLE],
      [CONSOLE, VERIFIABLE],
      [CONSOLE],
    ]);
    const rebalances = rebalancesOf(trace);
    expect(rebalances.map(({ reason }) => reason)).toEqual([
      `${CONSOLE} joins the group`,
      `${VERIFIABLE} joins the group`,
      `${CONSOLE} leaves the group: the consumer is being closed`,
      `${CONSOLE} joins the group again`,
      `${VERIFIABLE} was silent for its session timeout of 6 s: no heartbeat, and no word that it leaves`,
      `${CONSOLE} leaves the group: the consumer is being closed`,
    ]);
    // The counters say the same, as soon as the figures are read anew.
    const labels = `source="tap",group="${GROUP}"`;
    await until('metrics count the rebalances by cause', async () => {
      const metrics = await tap.metrics();
      return [
        `playground_group_rebalances_total{${labels},cause="joined"} 3`,
        `playground_group_rebalances_total{${labels},cause="left"} 2`,
        `playground_group_rebalances_total{${labels},cause="session-timeout"} 1`,
        `playground_group_state{${labels},state="Empty"} 1`,
      ].every((line) => metrics.includes(`${line}\n`));
    });
    // Only of the silence nobody told.
    expect(rebalances.map(({ isInferred }) => isInferred)).toEqual([
      ...[false, false, false, false, true, false],
    ]);
    expect(await tap.stop()).toBe(0);
  });
});
