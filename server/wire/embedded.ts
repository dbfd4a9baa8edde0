/**
 * What JoinGroup and SyncGroup carry as bytes in a group of consumers.
 *
 * Source: ConsumerProtocolSubscription.json and ConsumerProtocolAssignment.json, Kafka 4.3.1.
 */
import { WireReader, WireWriter } from './bytes.ts';
import { attempt, readBody, writeBody, type Decoded, type WireBody } from './codec.ts';
import { arrayOf, f, list, message, type Message } from './schema.ts';

const NEWEST = 3;
const VERSIONS = `0-${NEWEST}` as const;
const topicPartitions = list(f('topic', 'string'), f('partitions', arrayOf('int32')));

export const SUBSCRIPTION: Message = message(VERSIONS, null, [
  f('topics', arrayOf('string')),
  f('userData', 'bytes', '0+', { nullable: '0+' }),
  f('ownedPartitions', topicPartitions, '1+'),
  f('generationId', 'int32', '2+', { default: -1 }),
  f('rackId', 'string', '3+', { nullable: '3+' }),
]);

export const ASSIGNMENT: Message = message(VERSIONS, null, [
  f('assignedPartitions', topicPartitions),
  f('userData', 'bytes', '0+', { nullable: '0+' }),
]);

export interface Embedded {
  readonly version: number;
  readonly body: WireBody;
}

/**
 * Decodes a subscription or an assignment behind its version. One of a later version is read as
 * the newest that is known, and what is left over is ignored, as
 * ConsumerProtocol#deserializeSubscription does (Kafka 4.3.1).
 */
export function decodeEmbedded(message: Message, bytes: Uint8Array): Decoded<Embedded> {
  return attempt(() => {
    const reader = new WireReader(bytes);
    const version = reader.int16();
    return { version, body: readBody(message, Math.min(version, NEWEST), reader) };
  });
}

/** @throws WireProblem for a version that is not known, or a value that does not fit its field. */
export function encodeEmbedded(message: Message, { version, body }: Embedded): Buffer {
  const writer = new WireWriter();
  writer.int16(version);
  writeBody(message, version, body, writer);
  return writer.written;
}
