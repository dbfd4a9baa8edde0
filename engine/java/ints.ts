/** What Java keeps in an `int[]`, or in a list of Integer that never changes its length. */
export type Ints = Int32Array;

/** An entry that is known to be there; the compiler cannot know. */
export const at = (ints: Ints | Uint8Array | readonly number[], index: number): number =>
  ints[index] ?? 0;

/** The numbers 0, 1, 2 ... */
export function countUp(length: number): Ints {
  const numbers = new Int32Array(length);
  for (let index = 0; index < length; index += 1) numbers[index] = index;
  return numbers;
}
