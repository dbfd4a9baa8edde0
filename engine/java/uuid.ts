import { assert } from '../assert.ts';

/** A `Uuid` of Kafka: its 128 bits as four signed 32-bit numbers, the highest first. */
export type Uuid = readonly [number, number, number, number];

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Whether a text is a `Uuid` as Kafka reads it: 22 digits of URL-safe base64, perhaps padded. */
export const isUuid = (text: string): boolean => /^[\w-]{22}(==)?$/.test(text);

/** Reads what `Uuid.toString` prints. The last digit has four bits too many, which are left out. */
export function readUuid(text: string): Uuid {
  assert(isUuid(text), `"${text}" is no Uuid`);
  const words: [number, number, number, number] = [0, 0, 0, 0];
  for (let bit = 0; bit < 128; bit += 1) {
    const digit = DIGITS.indexOf(text.charAt(Math.floor(bit / 6)));
    if (((digit >> (5 - (bit % 6))) & 1) === 0) continue;
    const word = bit >> 5;
    words[word] = (words[word] ?? 0) | (1 << (31 - (bit & 31)));
  }
  return words;
}

/** `Uuid.hashCode`. */
export const hashUuid = ([a, b, c, d]: Uuid): number => a ^ b ^ c ^ d;

/** `Uuid.compareTo`: by two signed 64-bit numbers, so the second word of each counts unsigned. */
export const compareUuids = (left: Uuid, right: Uuid): number =>
  left[0] - right[0] ||
  (left[1] >>> 0) - (right[1] >>> 0) ||
  left[2] - right[2] ||
  (left[3] >>> 0) - (right[3] >>> 0);
