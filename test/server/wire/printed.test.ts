import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPartition, type RecordingLine } from '../../../engine/index.ts';
import type { WireBody, WireValue } from '../../../server/wire/codec.ts';
import { ASSIGNMENT, SUBSCRIPTION, encodeEmbedded } from '../../../server/wire/embedded.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../server/wire/frame.ts';
import { printReadably } from '../../../server/wire/printed.ts';
import { apiNamed } from './golden.ts';

const FOLDER = new URL('../../recordings/', import.meta.url);

/** Every different request of every recording. */
const recorded = [
  ...new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.recording.jsonl'))
      .flatMap((name) => readFileSync(new URL(name, FOLDER), 'utf8').trim().split('\n').slice(1))
      .map((line) => JSON.parse(line) as RecordingLine)
      .filter((line) => line.type === 'request')
      .map((line) => [JSON.stringify([line.request, line.response]), line]),
  ).values(),
];

/** The body as it was on the wire: subscriptions and assignments are bytes there. */
function toWire(printed: Readonly<Record<string, unknown>>): WireBody {
  return Object.fromEntries(
    Object.entries(printed).map(([name, value]) => [name, toWireValue(name, value)]),
  );
}

function toWireValue(name: string, value: unknown): WireValue {
  if (name === 'metadata' && typeof value === 'object') {
    const { version, userData, ownedPartitions, ...body } = value as Subscription;
    return encodeEmbedded(SUBSCRIPTION, {
      version,
      body: {
        ...body,
        userData: userData === null ? null : Buffer.from(userData, 'base64'),
        ownedPartitions: byTopic(ownedPartitions ?? []),
      },
    });
  }
  if (name === 'assignment' && Array.isArray(value)) {
    const body = { assignedPartitions: byTopic(value as string[]) };
    return encodeEmbedded(ASSIGNMENT, { version: 1, body });
  }
  if (Array.isArray(value)) return value.map((element) => toWireValue('', element));
  if (typeof value === 'object' && value !== null) return toWire({ ...value });
  return value as WireValue;
}

interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  readonly userData: string | null;
  readonly ownedPartitions?: readonly string[];
}

function byTopic(partitions: readonly string[]): WireValue {
  const topics = new Map<string, number[]>();
  for (const text of partitions) {
    const { topic, partition } = readPartition(text) ?? { topic: '', partition: -1 };
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}

describe('printReadably', () => {
  it('prints what is decoded as the recordings print it, for each API, version and client', () => {
    expect(recorded.length).toBeGreaterThan(500);
    for (const line of recorded) {
      const api = apiNamed(line.api);
      const { version } = line;
      const header = { requestApiKey: api.key, requestApiVersion: version, correlationId: 1 };
      const request = decodeRequest(
        encodeRequest(api, { version, header, body: toWire(line.request) }),
      );
      const response = decodeResponse(
        api,
        version,
        encodeResponse(api, { version, header, body: toWire(line.response) }),
      );
      if (!request.ok || !response.ok) throw new Error(`not decoded: ${JSON.stringify(line)}`);
      expect({
        request: printReadably(request.value.body),
        response: printReadably(response.value.body),
      }).toEqual({ request: line.request, response: line.response });
    }
  });

  it('says null for user data of no bytes, as kafkajs and librdkafka send them', () => {
    const metadata = encodeEmbedded(SUBSCRIPTION, {
      version: 0,
      body: { topics: ['orders'], userData: Buffer.alloc(0) },
    });
    expect(printReadably({ metadata })).toEqual({
      metadata: { version: 0, topics: ['orders'], userData: null },
    });
  });

  it('keeps bytes that are no subscription and no assignment as base64', () => {
    const bytes = Buffer.from('connect');
    expect(printReadably({ metadata: bytes, assignment: bytes })).toEqual({
      metadata: 'Y29ubmVjdA==',
      assignment: 'Y29ubmVjdA==',
    });
  });
});
