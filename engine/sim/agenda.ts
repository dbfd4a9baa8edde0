import { assert } from '../assert.ts';

interface Slot<Entry> {
  readonly dueMs: number;
  /** Order of arrival, which decides between entries due together. */
  readonly order: number;
  readonly entry: Entry;
}

/**
 * What happens next, in virtual milliseconds. Time jumps to the next entry and stops there, so an
 * event never sees a later "now" than its own. Entries due together leave in the order they came.
 *
 * A binary heap: both operations cost the logarithm of what is waiting.
 */
export class Agenda<Entry> {
  #nowMs = 0;
  #order = 0;
  readonly #heap: Slot<Entry>[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next entry is due; null when nothing is left to happen. */
  get nextMs(): number | null {
    return this.#heap[0]?.dueMs ?? null;
  }

  /** @param afterMs whole milliseconds from now, 0 or more; 0 runs after all that is due now. */
  schedule(entry: Entry, afterMs: number): void {
    assert(Number.isSafeInteger(afterMs) && afterMs >= 0, `afterMs is ${afterMs}`);
    const slot = { dueMs: this.#nowMs + afterMs, order: this.#order++, entry };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(slot);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(slot, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = slot;
  }

  /** Moves to the next entry and returns it; null when nothing is left to happen. */
  next(): Entry | null {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return null;
    if (first !== last) this.#sink(last);
    this.#nowMs = first.dueMs;
    return first.entry;
  }

  /** Puts a slot in at the top and lets it sink to its place. */
  #sink(slot: Slot<Entry>): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        childIndex += 1;
        child = right;
      }
      if (!isBefore(child, slot)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = slot;
  }
}

const isBefore = <Entry>(a: Slot<Entry>, b: Slot<Entry>): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
