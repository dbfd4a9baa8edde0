import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOOPBACK, TOKEN_HEADER, readAccess } from '../../server/access.ts';
import { sendEvents } from '../../server/event-stream.ts';
import { listen, type Listening } from '../../server/http-server.ts';
import { createApp } from '../../server/routes.ts';
import { RunDesk } from '../../server/run/run-desk.ts';
import { TapDesk } from '../../server/run/tap-desk.ts';
import { readSettings } from '../../server/settings.ts';

const REQUEST_DEADLINE_MS = 200;
const access = readAccess(undefined, false);
let listening: Listening;
const sockets: Socket[] = [];

async function serve(app: Hono): Promise<void> {
  listening = await listen(app, LOOPBACK, 0, REQUEST_DEADLINE_MS);
}

beforeEach(async () => {
  const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:1' });
  await serve(
    createApp(
      settings,
      new RunDesk(settings, () => undefined),
      new TapDesk(),
      'site/public',
      access,
    ),
  );
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  listening.server.closeAllConnections();
  listening.server.close();
  await once(listening.server, 'close');
});

/** A connection that says something and no more; resolves to what it was answered, once it is closed. */
function say(text: string | Buffer): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(listening.port, LOOPBACK);
  sockets.push(socket);
  socket.on('error', () => undefined);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  socket.write(text);
  return { socket, answer: once(socket, 'close').then(() => heard) };
}

async function hearUntil(socket: Socket, text: string): Promise<string> {
  let heard = '';
  while (!heard.includes(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    heard += chunk.toString();
  }
  return heard;
}

const head = (...lines: readonly string[]): string =>
  [
    'POST /api/runs HTTP/1.1',
    `Host: ${LOOPBACK}`,
    `${TOKEN_HEADER}: ${access.token}`,
    ...lines,
  ].join('\r\n');

describe('the HTTP server', () => {
  it.each([
    ['whose head never ends', head('X-Slow: yes')],
    [
      'whose body never ends',
      `${head('Content-Type: application/json', 'Content-Length: 99')}\r\n\r\n{`,
    ],
    [
      'whose chunks never end',
      `${head('Content-Type: application/json', 'Transfer-Encoding: chunked')}\r\n\r\n1\r\n{\r\n`,
    ],
  ])('ends a request %s, and answers others meanwhile', async (_what, text) => {
    const slow = say(text);
    const other = await fetch(`http://${LOOPBACK}:${listening.port}/icon.svg`);
    expect(other.status).toBe(200);
    await other.text();
    expect(await slow.answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('does not read a body to its end that says it is too large', async () => {
    const { answer } = say(
      `${head('Content-Type: application/json', 'Content-Length: 9999999999')}\r\n\r\n{`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body-too-large"/);
  });

  it.each([
    ['bytes that are no HTTP', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a header of 100 kB', `${head(`X-Long: ${'x'.repeat(100_000)}`)}\r\n\r\n`],
    ['two lengths', `${head('Content-Length: 1', 'Content-Length: 2')}\r\n\r\n{`],
  ])('refuses %s, and lives', async (_what, bytes) => {
    expect(await say(bytes).answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await fetch(`http://${LOOPBACK}:${listening.port}/icon.svg`)).status).toBe(200);
  });

  it('says which address cannot be had', async () => {
    const app = new Hono();
    await expect(listen(app, LOOPBACK, listening.port)).rejects.toThrow(
      `Port ${listening.port} on ${LOOPBACK} is taken`,
    );
    await expect(listen(app, '192.0.2.7', 0)).rejects.toThrow('is not an address of this machine');
  });

  it('goes on after a connection was dropped where its listener has stopped, and misses nothing', async () => {
    const said = Array.from({ length: 6 }, (_, index) => ({ text: `message ${index}` }));
    let goneCount = 0;
    const app = new Hono();
    app.get('/events', (context) =>
      sendEvents(context, async function* (from, signal) {
        for (const [index, message] of [...said.entries()].slice(from)) {
          yield [index, message] as const;
          // The first connection hears three messages and then waits until it is cut.
          if (from === 0 && index === 2) {
            await once(signal, 'abort');
            goneCount += 1;
            return;
          }
        }
      }),
    );
    listening.server.close();
    await serve(app);
    const ask = (...lines: readonly string[]): Socket =>
      say(`${['GET /events HTTP/1.1', `Host: ${LOOPBACK}`, ...lines].join('\r\n')}\r\n\r\n`).socket;
    const first = ask();
    const heard = await hearUntil(first, 'id: 2\n');
    first.resetAndDestroy();
    const rest = await hearUntil(ask('Last-Event-ID: 2'), 'id: 5\n');
    const texts = `${heard}${rest}`.match(/message \d/g);
    expect(texts).toEqual(said.map(({ text }) => text));
    expect(goneCount).toBe(1);
  });
});
