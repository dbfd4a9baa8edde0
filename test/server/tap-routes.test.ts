import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { parseRecording } from '../../engine/index.ts';
import { TOKEN_HEADER, readAccess } from '../../server/access.ts';
import { createApp } from '../../server/routes.ts';
import { RunDesk } from '../../server/run/run-desk.ts';
import { TapDesk } from '../../server/run/tap-desk.ts';
import { readSettings } from '../../server/settings.ts';
import { printAddress, readAddress } from '../../server/wire/tap.ts';
import { aCertificate } from '../support/certificate.ts';
import { FakeBroker, FakeClient } from './wire/fake-broker.ts';

const access = readAccess(undefined, false);
const HEADERS = { host: '127.0.0.1:4173', [TOKEN_HEADER]: access.token };
const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:1' });

let broker: FakeBroker;
let taps: TapDesk;

beforeEach(async () => {
  broker = await FakeBroker.start();
  broker.answer = () => ({
    errorCode: 0,
    generationId: 1,
    protocolName: 'range',
    leader: 'C1-a',
    memberId: 'C1-a',
    members: [{ memberId: 'C1-a', metadata: SUBSCRIPTION }],
  });
  taps = new TapDesk();
});
afterEach(async () => {
  await taps.close();
  await broker.stop();
});

/** Version 0 of a subscription to `orders`, without user data. */
const SUBSCRIPTION = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 1, 0, 6]),
  Buffer.from('orders'),
  Buffer.from([0xff, 0xff, 0xff, 0xff]),
]);

const ask = (path: string, init: RequestInit = {}) =>
  createApp(settings, new RunDesk(settings, () => undefined), taps, 'dist', access).request(path, {
    ...init,
    headers: { ...HEADERS, 'content-type': 'application/json' },
  });

const order = (body: unknown) => ask('/api/taps', { method: 'POST', body: JSON.stringify(body) });

async function open(): Promise<{ readonly tapId: string; readonly listen: string }> {
  const listen = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
  const answer = await order({ to: printAddress(broker.address), listen, group: null });
  expect(answer.status).toBe(201);
  const { tapId } = v.parse(v.object({ tapId: v.string() }), await answer.json());
  return { tapId, listen };
}

/** A member joins through the tap. */
async function join(listen: string, groupId: string): Promise<void> {
  const address = readAddress(listen);
  if (address === null) throw new Error(listen);
  const client = new FakeClient(address);
  await client.ask('JoinGroup', 0, {
    groupId,
    sessionTimeoutMs: 6_000,
    memberId: 'C1-a',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
  });
  client.socket.destroy();
}

describe('taps over HTTP', () => {
  it.each([
    ['nothing', null, 'The body'],
    ['a key too many', { to: 'a:1', listen: '127.0.0.1:1', group: null, x: 1 }, '$.x'],
    ['an empty group', { to: 'a:1', listen: '127.0.0.1:1', group: '' }, '$.group'],
    [
      'a broker that is no address',
      { to: 'a', listen: '127.0.0.1:1', group: null },
      'The broker is "a"',
    ],
    ['a place for everybody', { to: 'a:1', listen: '0.0.0.0:1', group: null }, '0.0.0.0:1'],
  ])('refuse %s', async (_what, body, problem) => {
    const answer = await order(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'usage',
      problem: expect.stringContaining(problem) as string,
    });
  });

  it('refuse a broker that is not there', async () => {
    const to = printAddress(broker.address);
    await broker.stop();
    const answer = await order({ to, listen: '127.0.0.1:1', group: null });
    expect(await answer.json()).toMatchObject({ code: 'broker-unreachable' });
    expect(taps.open).toBeNull();
  });

  it('are opened one at a time, and the status tells of it', async () => {
    const { tapId, listen } = await open();
    const to = printAddress(broker.address);
    const second = await order({ to, listen, group: null });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: 'tap-busy' });
    const status: unknown = await (await ask('/api/status')).json();
    expect(status).toMatchObject({ tap: { tapId, listen, to, group: null } });
  });

  it('tell every group, give its recording, and end when they are closed', async () => {
    const { tapId, listen } = await open();
    const early = await ask(`/api/taps/${tapId}/recording`);
    expect(early.status).toBe(404);
    await join(listen, 'first');
    await join(listen, 'second');
    const closed = await ask(`/api/taps/${tapId}`, { method: 'DELETE' });
    expect(closed.status).toBe(204);
    const events = await (await ask(`/api/taps/${tapId}/events`)).text();
    const told = [...events.matchAll(/^data: (.*)$/gm)].map(([, json = '']): unknown =>
      JSON.parse(json),
    );
    expect(told.slice(0, 4)).toMatchObject([
      { group: 'first', message: { type: 'header' } },
      { group: 'first', message: { type: 'line' } },
      { group: 'second', message: { type: 'header' } },
      { group: 'second', message: { type: 'line' } },
    ]);
    expect(told.at(-1)).toEqual({ type: 'end' });
    const answer = await ask(`/api/taps/${tapId}/recording?group=second`);
    expect(answer.headers.get('content-disposition')).toContain('"second.recording.jsonl"');
    expect(parseRecording(await answer.text()).scenario.group).toBe('second');
  });

  it('are opened before a broker that wants TLS, and refused before one that cannot be trusted', async () => {
    const certificate = await aCertificate();
    const { answer } = broker;
    await broker.stop();
    broker = await FakeBroker.start(0, certificate);
    broker.answer = answer;
    taps = new TapDesk({ tls: {} });
    const untrusted = await order({
      to: printAddress(broker.address),
      listen: '127.0.0.1:1',
      group: null,
    });
    expect(await untrusted.json()).toMatchObject({
      code: 'broker-unreachable',
      problem: expect.stringContaining('self-signed certificate') as string,
    });
    taps = new TapDesk({ tls: { ca: certificate.cert } });
    const { tapId, listen } = await open();
    await join(listen, 'first');
    expect(taps.recording(tapId, 'first')?.lines).toHaveLength(1);
  });

  it('know no tap that was not opened', async () => {
    for (const path of ['/api/taps/x/events', '/api/taps/x/recording']) {
      expect((await ask(path)).status).toBe(404);
    }
    expect((await ask('/api/taps/x', { method: 'DELETE' })).status).toBe(404);
  });

  it('record so much and no more, and say so', async () => {
    taps = new TapDesk({ maxBytes: 100 });
    const { tapId, listen } = await open();
    await join(listen, 'first');
    await join(listen, 'second');
    await taps.close();
    const events = await (await ask(`/api/taps/${tapId}/events`)).text();
    expect(events).toContain('"type":"full","problem":"The recording is full');
    expect(taps.recording(tapId, 'first')?.lines).toHaveLength(1);
    expect(taps.recording(tapId, 'second')).toBeNull();
  });
});
