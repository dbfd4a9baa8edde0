import { DEFAULT_TABLE_LENGTH } from './hash-order.ts';

/** Of lists of brokers with one broker, whose id is 1, and with none. */
const HASH_OF_LIST = 32;
const HASH_OF_EMPTY_LIST = 1;
const BROKER_ID = 1;

/**
 * The partitions of a topic in the order in which a broker before Kafka 4.3 lists them in an answer to
 * Metadata. It collects them in a hash set of Scala's, so that the order goes by all that the answer
 * says of a partition.
 *
 * Simplification: broker 1 has the only replica of every partition, and all have the same epoch.
 *
 * Source: KRaftMetadataCache#getPartitionMetadata, the same in Kafka 3.9.1, 4.1.1 and 4.2.0 (since 4.3.0
 * it streams a HashMap); MetadataResponsePartition#hashCode; mutable.HashSet of Scala 2.13.
 *
 * @param leaderEpoch 0 of a new topic; a restart of its broker adds 2.
 */
export function metadataOrder(partitionCount: number, leaderEpoch: number): readonly number[] {
  let tableLength = DEFAULT_TABLE_LENGTH;
  while (partitionCount >= 0.75 * tableLength) tableLength *= 2;
  const places = Array.from({ length: partitionCount }, (_, partition) => {
    const hash = hashOf(partition, leaderEpoch);
    const mixed = hash ^ (hash >>> 16);
    return { partition, mixed, bucket: mixed & (tableLength - 1) };
  });
  return places
    .sort((a, b) => a.bucket - b.bucket || a.mixed - b.mixed)
    .map(({ partition }) => partition);
}

function hashOf(partition: number, leaderEpoch: number): number {
  const errorCode = 0;
  const [replicas, isr, offline] = [HASH_OF_LIST, HASH_OF_LIST, HASH_OF_EMPTY_LIST];
  return [errorCode, partition, BROKER_ID, leaderEpoch, replicas, isr, offline].reduce(
    (hash, field) => (Math.imul(31, hash) + field) | 0,
    0,
  );
}
