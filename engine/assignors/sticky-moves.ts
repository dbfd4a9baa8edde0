import { existing } from '../assert.ts';
import { HashTable } from '../java/hash-table.ts';

interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * What the general sticky algorithm has moved so far. Instead of moving a partition from one member
 * to another it moves back one of the same topic that went the other way, so that fewer change hands.
 *
 * Source: AbstractStickyAssignor.PartitionMovements, Kafka 4.3.1.
 */
export class StickyMoves {
  readonly #topicOf: (partition: number) => number;
  readonly #hashOf: (partition: number) => number;
  readonly #moves = new Map<number, Move>();
  /** Partitions of a topic that went from one member to another: by topic, then by the pair. */
  readonly #pairs = new Map<number, Map<string, HashTable>>();

  /** @param hashOf Java's hash code of a partition. */
  constructor(topicOf: (partition: number) => number, hashOf: (partition: number) => number) {
    this.#topicOf = topicOf;
    this.#hashOf = hashOf;
  }

  /** The partition that should move instead, perhaps the same. */
  bestToMove(partition: number, from: number, to: number): number {
    const pairs = this.#pairs.get(this.#topicOf(partition));
    const origin = this.#moves.get(partition)?.from ?? from;
    const [back] = pairs?.get(printPair(to, origin))?.keys() ?? [];
    return back ?? partition;
  }

  /** Takes note that a partition has moved; one that is back where it began has not moved at all. */
  record(partition: number, from: number, to: number): void {
    const earlier = this.#moves.get(partition);
    if (earlier !== undefined) this.#forget(partition, earlier);
    const origin = earlier?.from ?? from;
    if (origin === to) return;
    this.#moves.set(partition, { from: origin, to });
    const topic = this.#topicOf(partition);
    const pairs = this.#pairs.get(topic) ?? new Map<string, HashTable>();
    this.#pairs.set(topic, pairs);
    const pair = printPair(origin, to);
    const table = pairs.get(pair) ?? new HashTable();
    pairs.set(pair, table);
    table.put(partition, this.#hashOf(partition));
  }

  #forget(partition: number, { from, to }: Move): void {
    this.#moves.delete(partition);
    const pairs = existing(this.#pairs.get(this.#topicOf(partition)), 'moves of the topic');
    const pair = printPair(from, to);
    const table = existing(pairs.get(pair), 'moves of the pair');
    table.remove(partition, this.#hashOf(partition));
    if (table.size === 0) pairs.delete(pair);
  }
}

const printPair = (from: number, to: number): string => `${from}>${to}`;
