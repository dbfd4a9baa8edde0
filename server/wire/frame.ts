import { WireProblem, WireReader, WireWriter } from './bytes.ts';
import { ADMIN_APIS } from './admin-apis.ts';
import { CLUSTER_APIS, DATA_APIS } from './cluster-apis.ts';
import { asNumber, attempt, readBody, writeBody, type Decoded, type WireBody } from './codec.ts';
import { GROUP_APIS } from './group-apis.ts';
import { f, message, type Api, type Message } from './schema.ts';

/** All that can be decoded. */
export const APIS: readonly Api[] = [...GROUP_APIS, ...ADMIN_APIS, ...CLUSTER_APIS, ...DATA_APIS];

const BY_KEY = new Map(APIS.map((api) => [api.key, api]));
export const apiOfKey = (key: number): Api | null => BY_KEY.get(key) ?? null;

export const API_VERSIONS_KEY = 18;

/** The length in front of a frame. */
export const SIZE_BYTES = 4;
/** Length, API key, version and correlation id. */
export const REQUEST_HEAD_BYTES = 12;
/** Length and correlation id. */
export const RESPONSE_HEAD_BYTES = 8;

/**
 * The part of a request's header that is the same in all versions: the client id has a length of
 * two bytes also where what follows is flexible (RequestHeader.json, Kafka 4.3.1).
 */
const REQUEST_HEAD = message('0', null, [
  f('requestApiKey', 'int16'),
  f('requestApiVersion', 'int16'),
  f('correlationId', 'int32'),
  f('clientId', 'string', '0+', { nullable: '0+' }),
]);
/** The end of a flexible request header: only tagged fields, none of which are known. */
const REQUEST_TAGS = message('0', '0+', []);
const RESPONSE_HEADER = message('0-1', '1+', [f('correlationId', 'int32')]);

export interface Frame {
  readonly version: number;
  readonly header: WireBody;
  readonly body: WireBody;
}

/** The client id in a request's header; null where it has none, or cannot be read. */
export function clientIdIn(frame: Uint8Array): string | null {
  const read = attempt(() => readBody(REQUEST_HEAD, 0, new WireReader(frame.subarray(SIZE_BYTES))));
  const clientId = read.ok ? read.value['clientId'] : null;
  return typeof clientId === 'string' ? clientId : null;
}

/** A frame of length, header and body. */
export function decodeRequest(frame: Uint8Array): Decoded<Frame & { readonly api: Api }> {
  return attempt(() => {
    const reader = new WireReader(frame.subarray(SIZE_BYTES));
    const head = readBody(REQUEST_HEAD, 0, reader);
    const version = asNumber(head['requestApiVersion']);
    const api = apiOfKey(asNumber(head['requestApiKey']));
    const body = api?.request ?? null;
    if (api === null || body === null) throw new WireProblem('this API is not known');
    const tags = version >= body.flexibleFrom ? readBody(REQUEST_TAGS, 0, reader) : {};
    const header = { ...head, ...tags };
    return { api, version, header, body: readToEnd(body, version, reader) };
  });
}

/**
 * Encodes a request of the given version.
 *
 * @throws WireProblem for a version that is not known, or a value that does not fit its field.
 */
export function encodeRequest(api: Api, { version, header, body }: Frame): Buffer {
  const layout = api.request;
  if (layout === null) throw new WireProblem(`${api.name} is not known`);
  return framed((writer) => {
    const ids = { requestApiKey: api.key, requestApiVersion: version };
    writeBody(REQUEST_HEAD, 0, { ...header, ...ids }, writer);
    if (version >= layout.flexibleFrom) writeBody(REQUEST_TAGS, 0, header, writer);
    writeBody(layout, version, body, writer);
  });
}

/**
 * Decodes the answer to a request of the given version.
 *
 * A broker that does not know the version of an ApiVersions request answers in version 0
 * (ApiVersionsResponse#parse, Kafka 4.3.1), which then stands in the result.
 */
export function decodeResponse(api: Api, version: number, frame: Uint8Array): Decoded<Frame> {
  const decoded = attempt(() => {
    const reader = new WireReader(frame.subarray(SIZE_BYTES));
    const header = readBody(RESPONSE_HEADER, headerVersion(api, version), reader);
    return { version, header, body: readToEnd(api.response, version, reader) };
  });
  const isOld = !decoded.ok && api.key === API_VERSIONS_KEY && version > 0;
  return isOld ? decodeResponse(api, 0, frame) : decoded;
}

/** @throws WireProblem for a version that is not known, or a value that does not fit its field. */
export function encodeResponse(api: Api, { version, header, body }: Frame): Buffer {
  return framed((writer) => {
    writeBody(RESPONSE_HEADER, headerVersion(api, version), header, writer);
    writeBody(api.response, version, body, writer);
  });
}

/**
 * An answer to ApiVersions never has a flexible header, because the client does not know yet what
 * the broker speaks (ApiMessageType#responseHeaderVersion, Kafka 4.3.1).
 */
const headerVersion = (api: Api, version: number): number =>
  api.key !== API_VERSIONS_KEY && version >= api.response.flexibleFrom ? 1 : 0;

function readToEnd(layout: Message, version: number, reader: WireReader): WireBody {
  const body = readBody(layout, version, reader);
  if (reader.leftCount > 0) throw new WireProblem(`${reader.leftCount} bytes left over`);
  return body;
}

function framed(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter();
  writer.int32(0);
  write(writer);
  const frame = writer.written;
  frame.writeInt32BE(frame.length - SIZE_BYTES);
  return frame;
}
