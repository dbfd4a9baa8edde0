import type { Broker } from '../broker/broker.ts';

/**
 * Brokers that runs use one at a time each, so that several runs can go on at once under the same
 * names of groups and topics. A broker is started when none is free.
 */
export class BrokerPool {
  readonly #start: () => Promise<Broker>;
  /** All that were started, and those of them that nobody is using. */
  readonly #brokers: Broker[] = [];
  readonly #free: Broker[] = [];

  constructor(start: () => Promise<Broker>) {
    this.#start = start;
  }

  /** Does something on a broker that it has for itself. */
  async use<Result>(act: (broker: Broker) => Promise<Result>): Promise<Result> {
    const broker = this.#free.pop() ?? (await this.#startOne());
    try {
      return await act(broker);
    } finally {
      this.#free.push(broker);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.stop()));
  }

  async #startOne(): Promise<Broker> {
    const broker = await this.#start();
    this.#brokers.push(broker);
    return broker;
  }
}
