import { existing } from './assert.ts';

/** A change copies one chunk and the list of chunks; about equal for lists of a few thousand. */
const CHUNK_LENGTH = 64;

/**
 * A list of a fixed length that is never changed: `with` gives another one, which shares all but
 * one chunk of values with it.
 */
export class PersistentList<Value> {
  readonly #chunks: readonly (readonly Value[])[];

  private constructor(chunks: readonly (readonly Value[])[]) {
    this.#chunks = chunks;
  }

  static from<Value>(values: readonly Value[]): PersistentList<Value> {
    const chunkCount = Math.ceil(values.length / CHUNK_LENGTH);
    return new PersistentList(
      Array.from({ length: chunkCount }, (_, index) =>
        values.slice(index * CHUNK_LENGTH, (index + 1) * CHUNK_LENGTH),
      ),
    );
  }

  get(index: number): Value | undefined {
    return this.#chunks[Math.floor(index / CHUNK_LENGTH)]?.[index % CHUNK_LENGTH];
  }

  /** @param index 0 to the length less one. */
  with(index: number, value: Value): PersistentList<Value> {
    const chunkIndex = Math.floor(index / CHUNK_LENGTH);
    const chunk = existing(this.#chunks[chunkIndex], `value number ${index}`);
    return new PersistentList(
      this.#chunks.with(chunkIndex, chunk.with(index % CHUNK_LENGTH, value)),
    );
  }

  values(): readonly Value[] {
    return ([] as Value[]).concat(...this.#chunks);
  }
}
