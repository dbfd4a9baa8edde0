import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { PlaygroundError, parseJson } from '../engine/index.ts';

const LARGEST_BODY_BYTES = 1_000_000;

/** Refuses bodies that nobody needs. */
export const readLimited = bodyLimit({
  maxSize: LARGEST_BODY_BYTES,
  onError: () => {
    throw new PlaygroundError(
      'body-too-large',
      `The body is larger than ${LARGEST_BODY_BYTES} bytes.`,
      'Send a smaller one.',
    );
  },
});

/** @throws PlaygroundError `body-not-json`, `not-json` */
export async function readJson({ req }: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(req.header('content-type') ?? '')) {
    throw new PlaygroundError(
      'body-not-json',
      'The request does not say that its body is JSON.',
      'Send it with the header content-type: application/json.',
    );
  }
  return parseJson(await req.text(), 'The body');
}
