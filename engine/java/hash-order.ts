/** Java's `String.hashCode`, a signed 32-bit number. */
export function hashString(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

const DEFAULT_TABLE_LENGTH = 16;

/**
 * The keys in the order in which a `java.util.HashMap` with string keys iterates over them, when
 * they were put in one after another.
 *
 * Simplification: a bucket that grows past eight keys while the table is small would make the
 * table grow early; with fewer than about a dozen keys to a bucket nothing differs.
 *
 * @param keys distinct, in the order they were put in.
 * @param mostKeys how many the map ever held at once: its table grows and never shrinks.
 */
export function hashOrder<Key extends string>(
  keys: readonly Key[],
  mostKeys = keys.length,
): readonly Key[] {
  let tableLength = DEFAULT_TABLE_LENGTH;
  while (mostKeys > 0.75 * tableLength) tableLength *= 2;
  const buckets = new Map<number, Key[]>();
  for (const key of keys) {
    const hash = hashString(key);
    const index = (hash ^ (hash >>> 16)) & (tableLength - 1);
    const bucket = buckets.get(index);
    if (bucket === undefined) buckets.set(index, [key]);
    else bucket.push(key);
  }
  return [...buckets.entries()].sort(([a], [b]) => a - b).flatMap(([, bucket]) => bucket);
}
