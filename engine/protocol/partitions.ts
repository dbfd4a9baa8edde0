/** One partition of a topic, printed `orders-0`. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `{topic: 'orders', partition: 0}` as Kafka prints it: `orders-0`. */
export const printPartition = ({ topic, partition }: TopicPartition): string =>
  `${topic}-${partition}`;

/** The partition that a text such as `orders-0` names, or null when it names none. */
export function readPartition(text: string): TopicPartition | null {
  const dash = text.lastIndexOf('-');
  const digits = text.slice(dash + 1);
  if (dash < 1 || !/^\d+$/.test(digits)) return null;
  return { topic: text.slice(0, dash), partition: Number(digits) };
}

/** By topic name (UTF-16 code units, as Java compares), then by number. */
export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}

export const sortPartitions = <Each extends TopicPartition>(
  partitions: readonly Each[],
): readonly Each[] => [...partitions].sort(comparePartitions);

export const isSamePartition = (a: TopicPartition, b: TopicPartition): boolean =>
  a.partition === b.partition && a.topic === b.topic;

/** The partitions of `all` that are not in `others`, in the order of `all`. */
export function withoutPartitions(
  all: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  if (all.length === 0 || others.length === 0) return all;
  const dropped = new Set(others.map(printPartition));
  return all.filter((partition) => !dropped.has(printPartition(partition)));
}

/** An offset of one partition; of a commit it is the next offset a new owner will read. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}

/** Written out, because engines copy an object with `...` many times slower than they make one. */
export const atOffset = (
  { topic, partition }: TopicPartition,
  offset: number,
): PartitionOffset => ({
  topic,
  partition,
  offset,
});
