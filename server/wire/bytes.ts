/** Bytes that are not what they were taken for; always caught in this folder. */
export class WireProblem extends Error {
  override readonly name = 'WireProblem';
}

const MAX_INT32 = 0x7fff_ffff;

/**
 * Reads values of Kafka's protocol one after another.
 *
 * Every length is checked against what is left, so hostile bytes cannot make it reserve memory
 * that they do not bring along.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get leftCount(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next bytes, as a view of what is read. */
  take(count: number): Buffer {
    return this.#bytes.subarray(this.#step(count), this.#at);
  }

  int8(): number {
    return this.#bytes.readInt8(this.#step(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8));
  }

  /** An unsigned number of at most 31 bits, seven bits a byte, the lowest first. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#step(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > MAX_INT32) throw new WireProblem(`a length of ${value}`);
        return value;
      }
    }
    throw new WireProblem('a number of more than five bytes');
  }

  text(count: number): string {
    const from = this.#step(count);
    return this.#bytes.toString('utf8', from, this.#at);
  }

  /** Moves on and returns where it was. */
  #step(count: number): number {
    if (count < 0 || count > this.leftCount) {
      throw new WireProblem(`${count} bytes wanted, ${this.leftCount} left`);
    }
    const from = this.#at;
    this.#at += count;
    return from;
  }
}

/** Writes values of Kafka's protocol one after another. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  /** What was written, as a view that the next write may change. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  int8(value: number): void {
    const at = this.#grow(1);
    this.#bytes.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.int8((rest % 0x80) - 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.int8(rest);
  }

  raw(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** Makes room, in other bytes where these are full, and returns where it begins. */
  #grow(count: number): number {
    const from = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, from);
      this.#bytes = larger;
    }
    return from;
  }
}
