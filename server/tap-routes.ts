import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';
import { PlaygroundError } from '../engine/index.ts';
import { sendEvents } from './event-stream.ts';
import { printRecording } from './run/recording-file.ts';
import type { TapDesk } from './run/tap-desk.ts';
import { isLoopbackHost, readAddress } from './wire/tap.ts';

const LARGEST_BODY_BYTES = 10_000;
const LONGEST_GROUP_ID = 1_000;

const address = v.pipe(v.string(), v.transform(readAddress));

const startTap = v.strictObject({
  to: address,
  listen: address,
  group: v.nullable(v.pipe(v.string(), v.nonEmpty(), v.maxLength(LONGEST_GROUP_ID))),
});

/** Taps before brokers of somebody else, under `api/taps`. */
export function mountTaps(app: Hono, taps: TapDesk): void {
  app.post('/api/taps', bodyLimit({ maxSize: LARGEST_BODY_BYTES }), async (context) => {
    const body = v.safeParse(startTap, await context.req.json().catch(() => null));
    if (!body.success) {
      throw new PlaygroundError(
        'usage',
        'The body is not { to, listen, group }.',
        'Send two addresses, host:port each, and a group id, or null for every group.',
      );
    }
    const { to, listen, group } = body.output;
    if (to === null || listen === null || !isLoopbackHost(listen.host)) {
      throw new PlaygroundError(
        'usage',
        to === null
          ? '"to" is not host:port.'
          : '"listen" is not an address of this machine alone.',
        to === null
          ? 'Give the broker as host:port, such as 127.0.0.1:9092.'
          : 'Give it as 127.0.0.1:PORT, such as 127.0.0.1:19092.',
      );
    }
    return context.json({ tapId: await taps.start({ to, listen, group }) }, 201);
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
