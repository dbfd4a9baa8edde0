import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import type { WireBody } from '../../../server/wire/codec.ts';
import { ASSIGNMENT, SUBSCRIPTION } from '../../../server/wire/embedded.ts';
import { APIS } from '../../../server/wire/frame.ts';
import type { Api, Message } from '../../../server/wire/schema.ts';

/** A frame that Kafka's own classes made, and what they print of it. */
export interface GoldenFrame {
  readonly api: string;
  readonly kind: 'request' | 'response' | 'embedded';
  readonly version: number;
  readonly hex: string;
  readonly body: WireBody;
}

export function readGoldenFrames(
  path: string | URL = new URL('golden-frames.jsonl.gz', import.meta.url),
): readonly GoldenFrame[] {
  const text = gunzipSync(readFileSync(path)).toString();
  // Made by GoldenFrames.java, which writes these fields.
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenFrame);
}

export function apiNamed(name: string): Api {
  const api = APIS.find((candidate) => candidate.name === name);
  if (api === undefined) throw new Error(`There is no API ${name}.`);
  return api;
}

export const embeddedNamed = (name: string): Message =>
  name === 'ConsumerProtocolSubscription' ? SUBSCRIPTION : ASSIGNMENT;
