import { describe, expect, it } from 'vitest';
import { decodeEmbedded, encodeEmbedded } from '../../../server/wire/embedded.ts';
import {
  APIS,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../server/wire/frame.ts';
import { printBody, type PrintedBody } from '../../../server/wire/printed.ts';
import type { Message } from '../../../server/wire/schema.ts';
import { apiNamed, embeddedNamed, readGoldenFrames, type GoldenFrame } from './golden.ts';

const frames = readGoldenFrames();

interface Both {
  readonly printed: PrintedBody;
  readonly hex: string;
}

/** What we print of a frame, and the frame that we make of what we decoded. */
function thereAndBack({ api: name, kind, version, hex }: GoldenFrame): Both {
  const bytes = Buffer.from(hex, 'hex');
  if (kind === 'embedded') {
    const decoded = decodeEmbedded(embeddedNamed(name), bytes);
    if (!decoded.ok) throw new Error(decoded.problem);
    const encoded = encodeEmbedded(embeddedNamed(name), decoded.value);
    return { printed: printBody(decoded.value.body), hex: encoded.toString('hex') };
  }
  const api = apiNamed(name);
  const decoded = kind === 'request' ? decodeRequest(bytes) : decodeResponse(api, version, bytes);
  if (!decoded.ok) throw new Error(decoded.problem);
  const encode = kind === 'request' ? encodeRequest : encodeResponse;
  return {
    printed: printBody(decoded.value.body),
    hex: encode(api, decoded.value).toString('hex'),
  };
}

const kinds = [...new Set(frames.map(({ api, kind, version }) => `${api} ${kind} ${version}`))];

describe('the table of messages', () => {
  it.each(kinds)('reads and writes %s as Kafka’s own classes do', (name) => {
    const same = frames.filter(({ api, kind, version }) => `${api} ${kind} ${version}` === name);
    for (const frame of same) {
      expect(thereAndBack(frame)).toEqual({ printed: frame.body, hex: frame.hex });
    }
  });

  it('has every version that Kafka’s own classes have, and beyond them only what they dropped', () => {
    const known = (name: string, kind: string, message: Message | null): string[] =>
      message === null
        ? []
        : Array.from(
            { length: message.versions.to - message.versions.from + 1 },
            (_, index) => `${name} ${kind} ${message.versions.from + index}`,
          );
    const ours = APIS.flatMap(({ name, request, response }) => [
      ...known(name, 'request', request),
      ...known(name, 'response', response),
    ]);
    const theirs = kinds.filter((name) => !name.includes(' embedded '));
    expect(theirs.filter((name) => !ours.includes(name))).toEqual([]);
    expect(ours.filter((name) => !theirs.includes(name))).toEqual([
      'OffsetCommit request 0',
      'OffsetCommit request 1',
      'OffsetCommit response 0',
      'OffsetCommit response 1',
      'OffsetFetch request 0',
      'OffsetFetch response 0',
    ]);
  });
});
