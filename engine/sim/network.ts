import type { Random } from './random.ts';

/** How long a message is under way, in whole milliseconds, both included. */
export interface Latency {
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * Decides when a message arrives. Each direction of a link keeps its order, as a TCP connection
 * does: nothing overtakes what was sent before it.
 */
export class Network {
  readonly #random: Random;
  readonly #latency: Latency;
  /** When the last message arrives on each link: by sender, then receiver. */
  readonly #lastArrivalMs = new Map<string, Map<string, number>>();

  constructor(random: Random, latency: Latency) {
    this.#random = random;
    this.#latency = latency;
  }

  /**
   * How long a message from `from` to `to` takes when it is sent at `nowMs`.
   *
   * @param lateMs so much longer than its latency.
   */
  delayMs(from: string, to: string, nowMs: number, lateMs = 0): number {
    const links = this.#lastArrivalMs.get(from) ?? new Map<string, number>();
    this.#lastArrivalMs.set(from, links);
    const drawn =
      nowMs + lateMs + this.#random.nextInt(this.#latency.leastMs, this.#latency.mostMs);
    const arrivalMs = Math.max(drawn, links.get(to) ?? 0);
    links.set(to, arrivalMs);
    return arrivalMs - nowMs;
  }
}
