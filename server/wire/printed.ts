import { asBody, asList, asNumber, asText, type WireBody, type WireValue } from './codec.ts';
import { ASSIGNMENT, SUBSCRIPTION, decodeEmbedded } from './embedded.ts';
import type { Message } from './schema.ts';

/** What JSON can say. */
export type Printed =
  null | boolean | number | string | readonly Printed[] | { readonly [name: string]: Printed };

export type PrintedBody = Readonly<Record<string, Printed>>;

/** A body as Kafka's request log prints it: bytes as base64 (the XxxJsonConverter classes, 4.3.1). */
export const printBody = (body: WireBody): PrintedBody => printFields(body, printPlainly);

/**
 * A body as a recording holds it: as the request log prints it, but with the subscriptions of
 * JoinGroup and the assignments of SyncGroup decoded. Bytes that are neither stay base64, such as
 * those of groups that are not of consumers.
 */
export const printReadably = (body: WireBody): PrintedBody =>
  printFields(body, (bytes, name) => READERS[name]?.(bytes) ?? printPlainly(bytes));

type PrintBytes = (bytes: Uint8Array, name: string) => Printed;

const printPlainly = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function printFields(body: WireBody, printBytes: PrintBytes): PrintedBody {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, print(value, name, printBytes)]),
  );
}

function print(value: WireValue, name: string, printBytes: PrintBytes): Printed {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return printBytes(value, name);
  if (Array.isArray(value)) {
    return asList(value).map((element) => print(element, name, printBytes));
  }
  return printFields(asBody(value), printBytes);
}

/** By the names of the fields that are bytes. */
const READERS: Readonly<Record<string, (bytes: Uint8Array) => Printed>> = {
  metadata: (bytes) =>
    embedded(SUBSCRIPTION, bytes, (version, body) => {
      const { topics, userData, ...later } = printBody(body);
      const { ownedPartitions } = body;
      return {
        version,
        topics: topics ?? [],
        // kafkajs and librdkafka say "none" by no bytes, Java by null.
        userData: userData === '' ? null : (userData ?? null),
        ...later,
        ...(ownedPartitions === undefined ? {} : { ownedPartitions: flatten(ownedPartitions) }),
      };
    }),
  assignment: (bytes) =>
    bytes.length === 0
      ? []
      : embedded(ASSIGNMENT, bytes, (_version, body) => flatten(body['assignedPartitions'])),
};

function embedded(
  message: Message,
  bytes: Uint8Array,
  show: (version: number, body: WireBody) => Printed,
): Printed {
  const decoded = decodeEmbedded(message, bytes);
  return decoded.ok ? show(decoded.value.version, decoded.value.body) : null;
}

/** Partitions in the order of the bytes. */
function flatten(topics: WireValue | undefined): readonly string[] {
  return asList(topics).flatMap((entry) => {
    const { topic, partitions } = asBody(entry);
    return asList(partitions).map((partition) => `${asText(topic)}-${asNumber(partition)}`);
  });
}
