import { assert } from '../assert.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Seeded generator (sfc32, 128 bits of state); the only source of chance. The same seed gives the
 * same numbers on every machine: it uses 32-bit integer arithmetic alone.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed whole number, 0 to 2^53 - 1. @param stream tells generators of one seed apart. */
  constructor(seed: number, stream = 0) {
    assert(Number.isSafeInteger(seed) && seed >= 0, `seed is ${seed}`);
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = stream | 0;
    for (let round = 0; round < 15; round += 1) this.nextUint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  nextUint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from `least` to `most`, both included. */
  nextInt(least: number, most: number): number {
    assert(most >= least, `the range is ${least} to ${most}`);
    return least + Math.floor((this.nextUint32() / 0x1_0000_0000) * (most - least + 1));
  }

  /** A version 4 UUID in its usual form. */
  nextUuid(): string {
    const digits = this.#nextUuidDigits();
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20, 32),
    ].join('-');
  }

  /** A version 4 UUID in URL-safe base64: 22 characters. */
  nextBase64Uuid(): string {
    const digits = this.#nextUuidDigits();
    // Six bits a character: three hexadecimal digits make two, and the last two digits two more.
    return (digits.match(/.{1,3}/g) ?? [])
      .map((group) => {
        const bits = Number.parseInt(group.padEnd(3, '0'), 16);
        return BASE64.charAt(bits >> 6) + BASE64.charAt(bits & 63);
      })
      .join('');
  }

  #nextUuidDigits(): string {
    const digits = Array.from({ length: 4 }, () =>
      this.nextUint32().toString(16).padStart(8, '0'),
    ).join('');
    const variant = (8 + (Number.parseInt(digits.charAt(16), 16) & 3)).toString(16);
    return `${digits.slice(0, 12)}4${digits.slice(13, 16)}${variant}${digits.slice(17)}`;
  }
}
