import type { Hono } from 'hono';
import { PlaygroundError, parseStartTap, type TapStarted } from '../engine/index.ts';
import { sendEvents } from './event-stream.ts';
import { readJson, readLimited } from './json-body.ts';
import { printRecording } from './run/recording-file.ts';
import type { TapDesk } from './run/tap-desk.ts';
import type { Address } from './wire/addresses.ts';
import { isLoopbackHost, readAddress } from './wire/tap.ts';

/** Taps before brokers of somebody else, under `api/taps`. */
export function mountTaps(app: Hono, taps: TapDesk): void {
  app.post('/api/taps', readLimited, async (context) => {
    const { to, listen, group } = parseStartTap(await readJson(context));
    const order = { to: readBroker(to), listen: readPlace(listen), group };
    const started: TapStarted = { tapId: await taps.start(order) };
    return context.json(started, 201);
  });

  app.get('/api/taps/:id/events', (context) => {
    const id = context.req.param('id');
    return sendEvents(context, (from, signal) => taps.messages(id, from, signal));
  });

  app.delete('/api/taps/:id', async (context) => {
    await taps.stop(context.req.param('id'));
    return context.body(null, 204);
  });

  app.get('/api/taps/:id/recording', (context) => {
    const id = context.req.param('id');
    const group = context.req.query('group') ?? taps.groups(id)[0] ?? '';
    const recording = taps.recording(id, group);
    if (recording === null) {
      throw new PlaygroundError(
        'tap-unknown',
        group === '' ? 'No member has joined a group yet.' : `No member has joined ${group}.`,
        'Point your program to the tap, and save when it has joined its group.',
      );
    }
    const name = `${group.replace(/[^A-Za-z0-9._-]+/g, '_')}.recording.jsonl`;
    context.header('content-type', 'application/jsonl; charset=utf-8');
    context.header('content-disposition', `attachment; filename="${name}"`);
    return context.body(printRecording(recording));
  });
}

function readBroker(text: string): Address {
  const address = readAddress(text);
  if (address !== null) return address;
  throw new PlaygroundError(
    'usage',
    `The broker is "${text}", which is not host:port.`,
    'Give it as host:port, such as 127.0.0.1:9092.',
  );
}

function readPlace(text: string): Address {
  const address = readAddress(text);
  if (address !== null && isLoopbackHost(address.host)) return address;
  throw new PlaygroundError(
    'usage',
    `The tap cannot listen at "${text}", which is not an address of this machine alone.`,
    'Give a port from 1 to 65535 on a loopback address, such as 127.0.0.1:19092.',
  );
}
