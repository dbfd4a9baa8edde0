/**
 * The process of one kafkajs member; see README.md for what it is told and what it says.
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import * as v from 'valibot';
import { kafkajsOptions } from '../broker/kafkajs-options.ts';
import type { Sasl } from '../security.ts';
import { memberOrder, memberTask, type MemberReport, type UntimedLine } from './contract.ts';

const task = v.parse(memberTask, JSON.parse(process.argv[2] ?? 'null'));
const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };

function report(message: MemberReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function say(line: UntimedLine): void {
  report({ type: 'line', epochMs: Date.now(), line });
}

const setting = (key: string): number | undefined =>
  task.config[key] === undefined ? undefined : Number(task.config[key]);

type Given<Options> = { [Key in keyof Options]?: Exclude<Options[Key], undefined> };

/** Leaves out what is undefined: kafkajs takes an undefined option for a given one. */
const given = <Options extends object>(options: Options): Given<Options> =>
  // The same object with fewer keys.
  Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Given<Options>;

/** Makes the next handler busy for so long. */
let stallMs = 0;
let consumer: Consumer | null = null;

async function start(sasl: Sasl | null): Promise<void> {
  const kafka = new Kafka({
    clientId: task.name,
    brokers: [...task.brokers],
    logLevel: logLevel.NOTHING,
    ...kafkajsOptions({ tls: null, sasl }),
  });
  const own = kafka.consumer({
    groupId: task.group,
    // The scenarios' members poll for at most 100 ms.
    maxWaitTimeInMs: 100,
    ...given({
      sessionTimeout: setting('session.timeout.ms'),
      heartbeatInterval: setting('heartbeat.interval.ms'),
      rebalanceTimeout: setting('rebalance.timeout.ms'),
      metadataMaxAge: setting('metadata.max.age.ms'),
    }),
  });
  consumer = own;
  own.on(own.events.GROUP_JOIN, ({ payload }) => {
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      [...numbers].sort((a, b) => a - b).map((number) => `${topic}-${number}`),
    );
    say({ type: 'callback', callback: 'assigned', partitions });
  });
  own.on(own.events.CRASH, ({ payload }) => {
    const { name, message } = payload.error;
    say({ type: 'error', exception: name, message });
    if (!payload.restart) process.exit(1);
  });
  await own.connect();
  const fromBeginning = (task.config['auto.offset.reset'] ?? 'earliest') === 'earliest';
  await own.subscribe({ topics: [...task.topics], fromBeginning });
  say({ type: 'ready' });
  await own.run({
    eachMessage: async ({ topic, partition, message }) => {
      const offset = Number(message.offset);
      say({
        type: 'records',
        partition: `${topic}-${partition}`,
        firstOffset: offset,
        lastOffset: offset,
      });
      const busyMs = stallMs + task.work.perRecordMs;
      stallMs = 0;
      if (busyMs > 0) await sleep(busyMs);
    },
  });
}

async function close(): Promise<void> {
  await consumer?.disconnect();
  process.exit(0);
}

function everything(): { topic: string }[] {
  return task.topics.map((topic) => ({ topic }));
}

async function obey(text: string): Promise<void> {
  const order = v.parse(memberOrder, JSON.parse(text));
  switch (order.type) {
    case 'start':
      await start(order.sasl);
      return;
    case 'close':
      await close();
      return;
    case 'stall':
      stallMs = order.forMs;
      return;
    case 'pause':
      consumer?.pause(everything());
      return;
    case 'resume':
      consumer?.resume(everything());
      return;
  }
}

function fail(error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  say({ type: 'error', exception: name, message });
  process.exit(1);
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (text) => {
  obey(text).catch(fail);
});
// The parent is gone: nobody would hear, and nobody would end this process.
orders.on('close', () => process.exit(1));
// Ctrl-C in a terminal reaches the whole group; the parent decides what becomes of us.
process.on('SIGINT', () => undefined);
report({ type: 'prepared', client: 'kafkajs', version });
