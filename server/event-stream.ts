import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

/** Numbered messages from one of them on, and what comes, until it is over or nobody listens. */
export type Listen = (
  from: number,
  signal: AbortSignal,
) => AsyncIterable<readonly [number, object]>;

/** Answers with server-sent events; who comes back with `Last-Event-ID` gets what it missed. */
export function sendEvents(context: Context, listen: Listen): Response {
  const last = context.req.header('last-event-id') ?? '';
  // Whatever else it is, it is not a number that was given here: all is said again.
  const from = /^\d{1,15}$/.test(last) ? Number(last) + 1 : 0;
  const gone = new AbortController();
  const messages = listen(from, gone.signal);
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => {
      gone.abort();
    });
    for await (const [index, message] of messages) {
      await stream.writeSSE({ id: String(index), data: JSON.stringify(message) });
    }
  });
}
