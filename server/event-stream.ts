import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

/** Numbered messages from one of them on, and what comes, until it is over or nobody listens. */
export type Listen = (
  from: number,
  signal: AbortSignal,
) => AsyncIterable<readonly [number, object]>;

/** Answers with server-sent events; who comes back with `Last-Event-ID` gets what it missed. */
export function sendEvents(context: Context, listen: Listen): Response {
  const last = Number(context.req.header('last-event-id') ?? -1);
  const from = Number.isSafeInteger(last) && last >= 0 ? last + 1 : 0;
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
