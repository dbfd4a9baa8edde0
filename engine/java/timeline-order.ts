import { hashString } from './hash-codes.ts';

/** Source: BaseHashTable.MIN_CAPACITY, #findSlot. */
const LEAST_SLOTS = 2;
const MULTIPLIER = -7046029254386353131n;

/**
 * The keys in the order in which Kafka's own hash table, on which a TimelineHashMap stands, iterates
 * over them. It spreads hashes by the upper bits of a product, unlike `java.util.HashMap`.
 *
 * @param keys distinct, in the order they were put in; each was put in again after that, which lets
 *   the table grow one key earlier.
 * @param mostKeys how many it ever held at once: it never shrinks.
 *
 * Source: BaseHashTable#baseAddOrReplace, #rehash, #findSlot, SnapshottableHashTable.CurrentIterator
 * of server-common, Kafka 4.3.1.
 */
export function timelineOrder<Key extends string>(
  keys: readonly Key[],
  mostKeys = keys.length,
): readonly Key[] {
  let slotCount = LEAST_SLOTS;
  while ((mostKeys + 1) * 0.75 > slotCount) slotCount *= 2;
  const bits = BigInt(Math.log2(slotCount));
  const slotOf = (key: Key): number =>
    Number(BigInt.asUintN(64, BigInt(hashString(key)) * MULTIPLIER) >> (64n - bits));
  // Growing keeps the order inside a slot, and so does sorting; the iterator takes the last first.
  return [...keys]
    .reverse()
    .map((key) => ({ key, slot: slotOf(key) }))
    .sort((a, b) => a.slot - b.slot)
    .map(({ key }) => key);
}
