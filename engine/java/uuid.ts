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
  for (let index = 0; index < 22; index += 1) {
    const digit = DIGITS.indexOf(text.charAt(index));
    const word = (index * 6) >> 5;
    // How far the digit's last bit is from the last bit of the word in which it begins.
    const shift = 26 - ((index * 6) & 31);
    words[word] = (words[word] ?? 0) | (shift >= 0 ? digit << shift : digit >> -shift);
    if (shift < 0 && word < 3) words[word + 1] = digit << (32 + shift);
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
