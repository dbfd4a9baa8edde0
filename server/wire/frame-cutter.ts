import { SIZE_BYTES } from './frame.ts';

/** A part of the stream, in order: frames that are kept come whole, everything else as it comes. */
export interface Piece<Kept> {
  readonly bytes: Buffer;
  /** What the frame was kept as; null where it is no whole frame. */
  readonly frame: Kept | null;
}

interface CutterOptions<Kept> {
  /** So many bytes of a frame are needed to judge it. */
  readonly headBytes: number;
  /** Larger frames are not believed: the stream is not Kafka's. */
  readonly maxBytes: number;
  /** Sees the head of each frame and says what it is kept together as; null lets it pass. */
  readonly judge: (head: Buffer, frameBytes: number) => Kept | null;
}

/**
 * Cuts a stream into frames. Nothing is lost or changed: the pieces put together are the stream.
 * Once a length cannot be one, all that follows is passed as it comes.
 */
export class FrameCutter<Kept> {
  readonly #options: CutterOptions<Kept>;
  /** The beginning of a frame of which there is too little to judge it. */
  #start: Buffer | null = null;
  /** What there is of a frame that is kept; null while one passes. */
  #kept: { readonly as: Kept; readonly parts: Buffer[] } | null = null;
  #leftBytes = 0;
  #isBlind = false;

  constructor(options: CutterOptions<Kept>) {
    this.#options = options;
  }

  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** The pieces may be views of the chunk; what is kept for later is copied. */
  push(chunk: Buffer): readonly Piece<Kept>[] {
    const input = this.#start === null ? chunk : Buffer.concat([this.#start, chunk]);
    this.#start = null;
    const pieces: Piece<Kept>[] = [];
    let passedFrom = 0;
    let at = 0;
    const passUntil = (end: number): void => {
      if (end > passedFrom) {
        pieces.push({ bytes: input.subarray(passedFrom, end), frame: null });
      }
    };
    while (at < input.length && !this.#isBlind) {
      if (this.#leftBytes === 0 && !this.#begin(input.subarray(at))) break;
      const end = Math.min(input.length, at + this.#leftBytes);
      this.#leftBytes -= end - at;
      if (this.#kept !== null) {
        passUntil(at);
        const part = input.subarray(at, end);
        this.#kept.parts.push(this.#leftBytes === 0 ? part : Buffer.from(part));
        passedFrom = end;
        if (this.#leftBytes === 0) pieces.push({ frame: this.#kept.as, bytes: this.#takeKept() });
      }
      at = end;
    }
    if (this.#isBlind) at = input.length;
    passUntil(at);
    return pieces;
  }

  /** Passes all that follows as it comes; returns what was held back. */
  giveUp(): Buffer {
    this.#isBlind = true;
    const held = Buffer.concat([this.#takeKept(), this.#start ?? Buffer.alloc(0)]);
    this.#start = null;
    return held;
  }

  /** Judges the frame that begins here; false when more bytes are needed or none will help. */
  #begin(bytes: Buffer): boolean {
    const { headBytes, maxBytes, judge } = this.#options;
    if (bytes.length >= SIZE_BYTES) {
      const size = bytes.readInt32BE();
      if (size < 0 || size > maxBytes) {
        this.#isBlind = true;
        return false;
      }
      const frameBytes = SIZE_BYTES + size;
      if (bytes.length >= Math.min(headBytes, frameBytes)) {
        this.#leftBytes = frameBytes;
        const as = frameBytes >= headBytes ? judge(bytes, frameBytes) : null;
        this.#kept = as === null ? null : { as, parts: [] };
        return true;
      }
    }
    this.#start = Buffer.from(bytes);
    return false;
  }

  #takeKept(): Buffer {
    const [first, ...others] = this.#kept?.parts ?? [];
    this.#kept = null;
    if (first === undefined) return Buffer.alloc(0);
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }
}
