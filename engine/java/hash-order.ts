import { existing } from '../assert.ts';
import { hashString } from './hash-codes.ts';
import { at, type Ints } from './ints.ts';

export { hashString };

/** Of a HashMap that is created without a size. */
export const DEFAULT_TABLE_LENGTH = 16;

/** From this length on a crowded bucket becomes a tree; in a smaller table it makes it grow. */
export const TREE_TABLE_LENGTH = 64;

/** A `put` that gives a bucket this many entries makes a table under 64 grow. */
export const CROWDED = 9;

/** Where a hash belongs in a table whose length is a power of two. Source: HashMap#hash. */
export const bucketOf = (hash: number, tableLength: number): number =>
  (hash ^ (hash >>> 16)) & (tableLength - 1);

/** Whether a table with so many entries has to grow. */
export const isFull = (count: number, tableLength: number): boolean => count > 0.75 * tableLength;

/** Length of the table of `new HashSet<>(collection)` for a collection of this size. */
export function copyTableLength(size: number): number {
  const capacity = Math.max(Math.floor(size / 0.75) + 1, DEFAULT_TABLE_LENGTH);
  let length = DEFAULT_TABLE_LENGTH;
  while (length < capacity) length *= 2;
  return length;
}

/** The elements in the order of `new HashSet<>(collection)`, of a collection of distinct strings. */
export function hashSetOrder<Key extends string>(elements: readonly Key[]): readonly Key[] {
  const hashes = Int32Array.from(elements, hashString);
  const tableLength = copyTableLength(elements.length);
  return [...orderByHash(hashes, { tableLength })].map((index) =>
    existing(elements[index], 'element'),
  );
}

/**
 * The keys in the order in which a `java.util.HashMap` with string keys iterates over them, when
 * they were put in one after another.
 *
 * @param keys distinct, in the order they were put in.
 * @param mostKeys how many the map ever held at once: its table grows and never shrinks.
 */
export function hashOrder<Key extends string>(
  keys: readonly Key[],
  mostKeys = keys.length,
): readonly Key[] {
  const hashes = Int32Array.from(keys, hashString);
  const ordered: Key[] = [];
  for (const index of orderByHash(hashes, { mostKeys })) {
    const key = keys[index];
    if (key !== undefined) ordered.push(key);
  }
  return ordered;
}

/**
 * The order in which a HashMap or HashSet iterates over keys with these hashes, as indexes into
 * them, when they were put in one after another.
 *
 * Simplification: from 64 buckets on Java makes a tree of a bucket with more than eight entries,
 * which may iterate in another order; that takes nine keys with nearly the same hash.
 *
 * Source: HashMap#putVal, #resize, #treeifyBin of OpenJDK 17 and later.
 */
export function orderByHash(
  hashes: Ints,
  table: { readonly mostKeys?: number; readonly tableLength?: number } = {},
): Ints {
  const { mostKeys = hashes.length, tableLength = DEFAULT_TABLE_LENGTH } = table;
  let length = grownByCrowds(hashes, tableLength);
  while (isFull(mostKeys, length)) length *= 2;
  // Growing keeps the order inside a bucket, so only the last length counts.
  const ends = new Int32Array(length + 1);
  for (let index = 0; index < hashes.length; index += 1) {
    const after = bucketOf(at(hashes, index), length) + 1;
    ends[after] = at(ends, after) + 1;
  }
  for (let bucket = 0; bucket < length; bucket += 1) {
    ends[bucket + 1] = at(ends, bucket + 1) + at(ends, bucket);
  }
  const order = new Int32Array(hashes.length);
  for (let index = 0; index < hashes.length; index += 1) {
    const bucket = bucketOf(at(hashes, index), length);
    const place = at(ends, bucket);
    order[place] = index;
    ends[bucket] = place + 1;
  }
  return order;
}

/** A table under 64 also doubles when a bucket gets its ninth entry, however empty the others. */
function grownByCrowds(hashes: Ints, tableLength: number): number {
  let length = tableLength;
  for (let index = 0; index < hashes.length && length < TREE_TABLE_LENGTH; index += 1) {
    const bucket = bucketOf(at(hashes, index), length);
    let crowd = 1;
    for (let earlier = 0; earlier < index; earlier += 1) {
      if (bucketOf(at(hashes, earlier), length) === bucket) crowd += 1;
    }
    if (crowd >= CROWDED) length *= 2;
    if (isFull(index + 1, length)) length *= 2;
  }
  return length;
}
