import { existing } from '../assert.ts';
import { at, type Ints } from './ints.ts';
import {
  CROWDED,
  DEFAULT_TABLE_LENGTH,
  TREE_TABLE_LENGTH,
  bucketOf,
  isFull,
} from './hash-order.ts';

interface Entry {
  readonly key: number;
  readonly hash: number;
}

/**
 * A HashMap or HashSet while it is being filled and emptied, for orders that depend on more than
 * the keys: removals, and `computeIfAbsent`, which puts a new key at the front of its bucket and
 * lets the table grow one call later than `put` does. Keys are numbers that stand for the real ones.
 *
 * Simplification: buckets do not become trees; see `orderByHash`.
 *
 * Source: HashMap#putVal, #computeIfAbsent, #resize, #treeifyBin of OpenJDK 17 and later.
 */
export class HashTable {
  #buckets: Entry[][] = emptyBuckets(DEFAULT_TABLE_LENGTH);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(key: number, hash: number): void {
    const bucket = this.#bucketOf(hash);
    if (bucket.some((entry) => entry.key === key)) return;
    bucket.push({ key, hash });
    this.#growWhenCrowded(bucket.length >= CROWDED);
    this.#size += 1;
    if (isFull(this.#size, this.#buckets.length)) this.#grow();
  }

  computeIfAbsent(key: number, hash: number): void {
    if (isFull(this.#size, this.#buckets.length)) this.#grow();
    const bucket = this.#bucketOf(hash);
    if (bucket.some((entry) => entry.key === key)) return;
    bucket.unshift({ key, hash });
    this.#growWhenCrowded(bucket.length >= CROWDED - 1);
    this.#size += 1;
  }

  /** Never shrinks the table. */
  remove(key: number, hash: number): void {
    const bucket = this.#bucketOf(hash);
    const index = bucket.findIndex((entry) => entry.key === key);
    if (index === -1) return;
    bucket.splice(index, 1);
    this.#size -= 1;
  }

  /** In the order of Java's iterator. */
  keys(): readonly number[] {
    return this.#buckets.flatMap((bucket) => bucket.map(({ key }) => key));
  }

  #bucketOf(hash: number): Entry[] {
    return existing(this.#buckets[bucketOf(hash, this.#buckets.length)], 'bucket');
  }

  #growWhenCrowded(isCrowded: boolean): void {
    if (isCrowded && this.#buckets.length < TREE_TABLE_LENGTH) this.#grow();
  }

  #grow(): void {
    const entries = this.#buckets.flat();
    this.#buckets = emptyBuckets(this.#buckets.length * 2);
    for (const entry of entries) this.#bucketOf(entry.hash).push(entry);
  }
}

/**
 * The order of keys with these hashes, as indexes into them, that `computeIfAbsent` has put in one
 * after another. Few keys mostly have a bucket each; then it is the order of the buckets.
 *
 * @param isAskedAgain whether it was called for one of them once more after the last had been put in:
 *   a table that is full grows then, though nothing new comes.
 */
export function orderOfComputed(hashes: Ints, isAskedAgain: boolean): readonly number[] {
  if (!isFull(hashes.length, DEFAULT_TABLE_LENGTH)) {
    const buckets = new Array<number>(DEFAULT_TABLE_LENGTH).fill(-1);
    const isCrowded = hashes.some((hash, index) => {
      const bucket = bucketOf(hash, DEFAULT_TABLE_LENGTH);
      const isTaken = buckets[bucket] !== -1;
      buckets[bucket] = index;
      return isTaken;
    });
    if (!isCrowded) return buckets.filter((index) => index !== -1);
  }
  const table = new HashTable();
  hashes.forEach((hash, index) => {
    table.computeIfAbsent(index, hash);
  });
  if (isAskedAgain) table.computeIfAbsent(0, at(hashes, 0));
  return table.keys();
}

const emptyBuckets = (length: number): Entry[][] => Array.from({ length }, () => []);
