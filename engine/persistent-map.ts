import { existing } from './assert.ts';
import { hashString } from './java/hash-codes.ts';

interface Entry<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  readonly hash: number;
  /** Entries are listed by it: the order in which their keys were put in. */
  readonly order: number;
}

type Leaf<Key, Value> = readonly Entry<Key, Value>[];

/** One child for each value of the hash's next bits. */
interface Branch<Key, Value> {
  readonly children: readonly Trie<Key, Value>[];
}

type Trie<Key, Value> = Leaf<Key, Value> | Branch<Key, Value>;

const BITS_PER_LEVEL = 4;
const CHILD_COUNT = 1 << BITS_PER_LEVEL;
/** A leaf with more entries becomes a branch, as long as there are bits that tell them apart. */
const LEAF_SIZE = 8;
const HASH_BITS = 32;

/**
 * A map that is never changed: `set` and `delete` give another one, which shares all but a few
 * nodes with it. So a state of thousands of entries can be kept for every step at little cost.
 *
 * It lists its entries in the order in which their keys were put in, as a `Map` does. Inside it is
 * a trie over the bits of the keys' hashes; each operation costs the logarithm of its size.
 */
export class PersistentMap<Key extends string | number, Value> {
  readonly size: number;
  readonly #root: Trie<Key, Value>;
  readonly #nextOrder: number;

  private constructor(root: Trie<Key, Value>, size: number, nextOrder: number) {
    this.#root = root;
    this.size = size;
    this.#nextOrder = nextOrder;
  }

  static empty<Key extends string | number, Value>(): PersistentMap<Key, Value> {
    return new PersistentMap<Key, Value>([], 0, 0);
  }

  get(key: Key): Value | undefined {
    return find(this.#root, key, hashOf(key))?.value;
  }

  has(key: Key): boolean {
    return find(this.#root, key, hashOf(key)) !== undefined;
  }

  /** With a key put in, or its value replaced; then it keeps its place in the order. */
  set(key: Key, value: Value): PersistentMap<Key, Value> {
    const hash = hashOf(key);
    const known = find(this.#root, key, hash);
    if (known !== undefined && known.value === value) return this;
    const entry = { key, value, hash, order: known?.order ?? this.#nextOrder };
    const root = withEntry(this.#root, entry, 0);
    return known === undefined
      ? new PersistentMap(root, this.size + 1, this.#nextOrder + 1)
      : new PersistentMap(root, this.size, this.#nextOrder);
  }

  delete(key: Key): PersistentMap<Key, Value> {
    const hash = hashOf(key);
    if (find(this.#root, key, hash) === undefined) return this;
    return new PersistentMap(withoutKey(this.#root, key, hash, 0), this.size - 1, this.#nextOrder);
  }

  keys(): readonly Key[] {
    return this.#entries().map(({ key }) => key);
  }

  values(): readonly Value[] {
    return this.#entries().map(({ value }) => value);
  }

  #entries(): readonly Entry<Key, Value>[] {
    const entries: Entry<Key, Value>[] = [];
    collect(this.#root, entries);
    return entries.sort((a, b) => a.order - b.order);
  }
}

const hashOf = (key: string | number): number => (typeof key === 'number' ? key : hashString(key));

const indexAt = (hash: number, shift: number): number => (hash >>> shift) & (CHILD_COUNT - 1);

const isBranch = <Key, Value>(trie: Trie<Key, Value>): trie is Branch<Key, Value> =>
  'children' in trie;

const childAt = <Key, Value>({ children }: Branch<Key, Value>, index: number): Trie<Key, Value> =>
  existing(children[index], 'child');

function find<Key, Value>(
  root: Trie<Key, Value>,
  key: Key,
  hash: number,
): Entry<Key, Value> | undefined {
  let trie = root;
  for (let shift = 0; isBranch(trie); shift += BITS_PER_LEVEL) {
    trie = childAt(trie, indexAt(hash, shift));
  }
  return trie.find((entry) => entry.key === key);
}

function withEntry<Key, Value>(
  trie: Trie<Key, Value>,
  entry: Entry<Key, Value>,
  shift: number,
): Trie<Key, Value> {
  if (isBranch(trie)) {
    const index = indexAt(entry.hash, shift);
    const child = withEntry(childAt(trie, index), entry, shift + BITS_PER_LEVEL);
    return { children: trie.children.with(index, child) };
  }
  const index = trie.findIndex(({ key }) => key === entry.key);
  if (index >= 0) return trie.with(index, entry);
  const leaf = [...trie, entry];
  return leaf.length > LEAF_SIZE && shift < HASH_BITS ? split(leaf, shift) : leaf;
}

function split<Key, Value>(leaf: Leaf<Key, Value>, shift: number): Trie<Key, Value> {
  const children: Entry<Key, Value>[][] = Array.from({ length: CHILD_COUNT }, () => []);
  for (const entry of leaf) children[indexAt(entry.hash, shift)]?.push(entry);
  return { children };
}

function withoutKey<Key, Value>(
  trie: Trie<Key, Value>,
  key: Key,
  hash: number,
  shift: number,
): Trie<Key, Value> {
  if (!isBranch(trie)) return trie.filter((entry) => entry.key !== key);
  const index = indexAt(hash, shift);
  const child = withoutKey(childAt(trie, index), key, hash, shift + BITS_PER_LEVEL);
  return { children: trie.children.with(index, child) };
}

function collect<Key, Value>(trie: Trie<Key, Value>, entries: Entry<Key, Value>[]): void {
  if (isBranch(trie)) for (const child of trie.children) collect(child, entries);
  else for (const entry of trie) entries.push(entry);
}
