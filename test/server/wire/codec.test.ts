import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ASSIGNMENT,
  SUBSCRIPTION,
  decodeEmbedded,
  encodeEmbedded,
} from '../../../server/wire/embedded.ts';
import {
  APIS,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../server/wire/frame.ts';
import { printReadably } from '../../../server/wire/printed.ts';
import { SEED } from '../../support/builders.ts';
import { aBody, versionsOf } from './a-message.ts';
import { apiNamed, embeddedNamed, readGoldenFrames } from './golden.ts';

const header = {
  requestApiKey: 0,
  requestApiVersion: 0,
  correlationId: 7,
  clientId: 'C1',
};

const requests = APIS.flatMap((api) =>
  api.request === null
    ? []
    : versionsOf(api.request).map((version) => [`${api.name} ${version}`, api, version] as const),
);
const responses = APIS.flatMap((api) =>
  versionsOf(api.response).map((version) => [`${api.name} ${version}`, api, version] as const),
);

describe('a frame', () => {
  it.each(requests)('of a request %s is decoded as it was encoded', (_name, api, version) => {
    if (api.request === null) throw new Error('unreachable');
    fc.assert(
      fc.property(aBody(api.request, version), (body) => {
        const own = { ...header, requestApiKey: api.key, requestApiVersion: version };
        const decoded = decodeRequest(encodeRequest(api, { version, header: own, body }));
        expect(decoded).toEqual({ ok: true, value: { api, version, header: own, body } });
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it.each(responses)('of a response %s is decoded as it was encoded', (_name, api, version) => {
    fc.assert(
      fc.property(aBody(api.response, version), (body) => {
        const frame = { version, header: { correlationId: 7 }, body };
        const decoded = decodeResponse(api, version, encodeResponse(api, frame));
        expect(decoded).toEqual({ ok: true, value: frame });
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it('of an embedded message is decoded as it was encoded', () => {
    for (const message of [SUBSCRIPTION, ASSIGNMENT]) {
      for (const version of versionsOf(message)) {
        fc.assert(
          fc.property(aBody(message, version), (body) => {
            const bytes = encodeEmbedded(message, { version, body });
            expect(decodeEmbedded(message, bytes)).toEqual({ ok: true, value: { version, body } });
          }),
          { seed: SEED, numRuns: 20 },
        );
      }
    }
  });

  it('with bytes left over is not decoded, because it is not what it was taken for', () => {
    const heartbeat = apiNamed('Heartbeat');
    const body = { groupId: 'g', generationId: 1, memberId: 'm' };
    const frame = encodeRequest(heartbeat, { version: 0, header, body });
    expect(decodeRequest(Buffer.concat([frame, Buffer.of(0)]))).toEqual({
      ok: false,
      problem: '1 bytes left over',
    });
  });

  it('of a version that is not known is not decoded', () => {
    const frame = encodeResponse(apiNamed('Heartbeat'), { version: 4, header, body: {} });
    expect(decodeResponse(apiNamed('Heartbeat'), 5, frame)).toEqual({
      ok: false,
      problem: 'version 5 is not known',
    });
  });

  it('that claims more elements than it has bytes is refused before anything is reserved', () => {
    const join = apiNamed('JoinGroup');
    const body = { groupId: 'g', protocolType: 'consumer' };
    const frame = Buffer.from(encodeRequest(join, { version: 0, header, body }));
    frame.writeInt32BE(0x7fff_ffff, frame.length - 4);
    expect(decodeRequest(frame)).toEqual({
      ok: false,
      problem: '2147483647 elements in 0 bytes',
    });
  });

  it('that answers an ApiVersions of an unknown version is decoded as version 0', () => {
    const api = apiNamed('ApiVersions');
    const body = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] };
    const frame = encodeResponse(api, { version: 0, header: { correlationId: 1 }, body });
    for (const asked of [3, 99]) {
      expect(decodeResponse(api, asked, frame)).toMatchObject({
        ok: true,
        value: { version: 0, body },
      });
    }
  });

  it('that was damaged, 10,000 times, is decoded or refused, and never throws', () => {
    const random = xorshift(SEED);
    const frames = readGoldenFrames();
    let refusedCount = 0;
    for (let count = 0; count < 10_000; count += 1) {
      const frame = frames[random() % frames.length];
      if (frame === undefined) throw new Error('unreachable');
      const bytes = damage(Buffer.from(frame.hex, 'hex'), random);
      const decoded =
        frame.kind === 'request'
          ? decodeRequest(bytes)
          : frame.kind === 'response'
            ? decodeResponse(apiNamed(frame.api), frame.version, bytes)
            : decodeEmbedded(embeddedNamed(frame.api), bytes);
      if (decoded.ok) printReadably(decoded.value.body);
      else refusedCount += 1;
    }
    expect(refusedCount).toBeGreaterThan(3_000);
    expect(refusedCount).toBeLessThan(10_000);
  });
});

/** Cuts bytes off, changes some, or makes a length huge. */
function damage(bytes: Buffer, random: () => number): Buffer {
  const at = random() % bytes.length;
  switch (random() % 4) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      for (let count = random() % 4; count >= 0; count -= 1) {
        bytes.writeUInt8(random() % 256, random() % bytes.length);
      }
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(5, 0xff), bytes.subarray(at)]);
    default:
      bytes.fill(0x7f, at, Math.min(at + 4, bytes.length));
      return bytes;
  }
}

function xorshift(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
