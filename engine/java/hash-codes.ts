/** Java's `String.hashCode`, a signed 32-bit number. */
export function hashString(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** `TopicPartition.hashCode`, given that of its topic's name. Source: Kafka 4.3.1. */
export const hashPartition = (topicHash: number, partition: number): number =>
  (Math.imul(31, 31 + partition) + topicHash) | 0;
