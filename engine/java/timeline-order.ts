import { hashString } from './hash-codes.ts';

/** A table has at least so many slots. */
const LEAST_SLOTS = 2;
/** It doubles when one more key would take more than this many slots' share. */
const MOST_LOAD = 0.75;
/** Knuth's multiplicative hash, as Kafka writes it. */
const MULTIPLIER = -7046029254386353131n;

/**
 * The keys in the order in which Kafka's TimelineHashMap lists them: slot by slot, those of one slot
 * from the last that was added to the first. Coordinators keep the members of a consumer group in one.
 *
 * @param keys distinct, in the order in which they were added.
 * @param mostKeys how many the map ever held at once: its table grows and never shrinks.
 *
 * Source: org.apache.kafka.timeline.BaseHashTable#findSlot, #baseAddOrReplace, #rehash,
 * SnapshottableHashTable.CurrentIterator, Kafka 4.3.1.
 */
export function timelineOrder<Key extends string>(
  keys: readonly Key[],
  mostKeys = keys.length,
): readonly Key[] {
  let slotCount = LEAST_SLOTS;
  let bits = 1;
  while (mostKeys * MOST_LOAD > slotCount) {
    slotCount *= 2;
    bits += 1;
  }
  const slots: Key[][] = Array.from({ length: slotCount }, () => []);
  for (const key of keys) slots[slotOf(key, bits)]?.push(key);
  return slots.flatMap((slot) => slot.reverse());
}

/** The highest bits of a 64-bit product. */
const slotOf = (key: string, bits: number): number =>
  Number(BigInt.asUintN(64, BigInt(hashString(key)) * MULTIPLIER) >> BigInt(64 - bits));
