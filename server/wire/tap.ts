import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { PlaygroundError, type Faults } from '../../engine/index.ts';
import { securityProblem } from '../security-problem.ts';
import type { Tls } from '../security.ts';
import type { Address } from './addresses.ts';
import type { Exchange } from './exchange.ts';
import { Relay, type RelayListener } from './relay.ts';

export interface TapOptions {
  /** The brokers to begin with. */
  readonly to: readonly Address[];
  /** Given where they want TLS, which the tap then speaks to them; its clients never do. */
  readonly tls?: Tls | null;
  /** Where the first of them is offered; all others are on free ports of that host. */
  readonly listen?: Address;
  /**
   * Hears every request of the table with its answer, in the order of the answers, and the number of
   * the connection that they came by.
   */
  readonly onExchange: (exchange: Exchange, connection: number) => void;
  readonly onClosed?: (connection: number) => void;
  /** What is done to requests on their way, by the client id of their sender; left out: nothing. */
  readonly faults?: Faults;
  /** Hears once of each broker why TLS with it fails, which its clients are not told. */
  readonly onProblem?: (problem: PlaygroundError) => void;
}

/** Of a broker that advertises more addresses than these the others are left as they are. */
const MAX_NODES = 64;

/**
 * Stands between clients and brokers and reads along. For each broker there is one place to listen
 * at, opened when its address is first seen, so that clients come back through here whatever node
 * they are sent to. A broker that goes away and comes back is none of its business: each connection
 * of a client has its own to the broker, and lives as long.
 */
export class Tap {
  /** Where clients find the brokers to begin with. */
  addresses: readonly Address[] = [];
  readonly #host: string;
  readonly #relay: RelayListener;
  /** By the broker's address, where it is offered. */
  readonly #nodes = new Map<string, Promise<Address | null>>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #relays = new Set<Relay>();
  readonly #onClosed: (connection: number) => void;
  #connectionCount = 0;
  #isClosed = false;

  private constructor(options: TapOptions) {
    const { listen, tls = null, onExchange, onClosed, onProblem, faults } = options;
    this.#onClosed = onClosed ?? (() => undefined);
    this.#host = listen?.host ?? '127.0.0.1';
    const told = new Set<string>();
    this.#relay = {
      tls,
      onExchange,
      redirect: (address) => this.#offer(address, 0),
      onTlsError: (error, address) => {
        const broker = printAddress(address);
        const problem = securityProblem(error, broker);
        if (problem === null || told.has(broker)) return;
        told.add(broker);
        onProblem?.(problem);
      },
      faults: faults ?? null,
    };
  }

  /** @throws PlaygroundError `port-taken` when the address to listen at cannot be had. */
  static async open(options: TapOptions): Promise<Tap> {
    const tap = new Tap(options);
    const { to, listen } = options;
    const offered = await Promise.all(
      to.map((address, index) => tap.#offer(address, index === 0 ? (listen?.port ?? 0) : 0)),
    );
    tap.addresses = offered.filter((address) => address !== null);
    if (tap.addresses.length === to.length) return tap;
    await tap.close();
    throw new PlaygroundError(
      'port-taken',
      `Nothing can listen at ${printAddress(listen ?? { host: tap.#host, port: 0 })}.`,
      'Choose another port; the one that is asked for may be in use.',
    );
  }

  /** Closes the connections of a client; of what a tap without faults hears it does not know whose it is. */
  cut(clientId: string): void {
    for (const relay of this.#relays) if (relay.clientId === clientId) relay.cut();
  }

  /** Ends all connections and listens no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.#servers.map((server) => {
      server.close();
      return once(server, 'close');
    });
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  /** Where a broker's address is offered; null when there can be no such place. */
  #offer(broker: Address, port: number): Promise<Address | null> {
    const key = printAddress(broker);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= MAX_NODES) return Promise.resolve(null);
    const offered = this.#listen(broker, port);
    this.#nodes.set(key, offered);
    return offered;
  }

  async #listen(broker: Address, port: number): Promise<Address | null> {
    const server = createServer({ noDelay: true }, (client) => {
      this.#connectionCount += 1;
      const connection = this.#connectionCount;
      const relay = new Relay(client, broker, connection, this.#relay);
      this.#relays.add(relay);
      client.on('close', () => {
        this.#relays.delete(relay);
        this.#onClosed(connection);
      });
      for (const socket of [client, relay.broker]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
      }
    });
    try {
      server.listen(port, this.#host);
      await once(server, 'listening');
    } catch {
      return null;
    }
    // Such as too many open files: one client is not served, the others are.
    server.on('error', () => undefined);
    if (this.#isClosed) {
      server.close();
      return null;
    }
    this.#servers.push(server);
    const bound = server.address();
    return { host: this.#host, port: typeof bound === 'object' ? (bound?.port ?? port) : port };
  }
}

/** `host:port`; an IPv6 host in brackets. */
export const printAddress = ({ host, port }: Address): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The address that `host:port` says; null when it says none. */
export function readAddress(text: string): Address | null {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(colon + 1));
  return colon > 0 && host !== '' && Number.isInteger(port) && port > 0 && port < 65_536
    ? { host, port }
    : null;
}

/** Whether a host names this machine alone. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);
