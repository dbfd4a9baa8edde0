import { SIZE_BYTES, apiOfKey } from './frame.ts';
import type { Api } from './schema.ts';

/** A request that has no answer yet. */
export interface Asked {
  readonly correlationId: number;
  /** Null for an API that is not in the table. */
  readonly api: Api | null;
  readonly version: number;
  /** The whole request, once it is there; null where it is not read. */
  frame: Buffer | null;
  /** When the request was there, in epoch milliseconds. */
  askedMs: number;
  /** What it is answered with in the broker's place, in its turn; null when the broker answers. */
  ownAnswer: Buffer | null;
}

/** Requests that are remembered; beyond them the oldest is forgotten and its answer not read. */
const MAX_COUNT = 10_000;

/** The requests of one connection that have no answer yet, in their order. */
export class AskedRequests {
  readonly #asked: Asked[] = [];

  /** Takes note of the request that begins with these bytes. */
  add(head: Buffer): Asked {
    const asked = {
      api: apiOfKey(head.readInt16BE(SIZE_BYTES)),
      version: head.readInt16BE(SIZE_BYTES + 2),
      correlationId: head.readInt32BE(SIZE_BYTES + 4),
      frame: null,
      askedMs: Date.now(),
      ownAnswer: null,
    };
    this.#asked.push(asked);
    if (this.#asked.length > MAX_COUNT) this.#asked.shift();
    return asked;
  }

  /**
   * The request that an answer belongs to; null when it is none of these.
   *
   * A broker answers in the order of the requests, so what came before and has no answer gets none:
   * a Produce with acks=0.
   */
  take(correlationId: number): Asked | null {
    const index = this.#asked.findIndex((asked) => asked.correlationId === correlationId);
    if (index < 0) return null;
    return this.#asked.splice(0, index + 1).at(-1) ?? null;
  }

  /** The next request, if its turn has come and it is not the broker who answers it. */
  takeOwn(): (Asked & { readonly ownAnswer: Buffer }) | null {
    const [first] = this.#asked;
    if (first === undefined || first.ownAnswer === null) return null;
    this.#asked.shift();
    return { ...first, ownAnswer: first.ownAnswer };
  }

  /** One that the broker never gets. */
  forget(lost: Asked): void {
    const index = this.#asked.indexOf(lost);
    if (index >= 0) this.#asked.splice(index, 1);
  }
}
