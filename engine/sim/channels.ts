interface Channel<Request> {
  readonly node: number;
  /** The request that is being served; null when the next one can be. */
  busyWith: number | null;
  readonly waiting: Request[];
}

/** What a request says of itself. */
interface Numbered {
  readonly correlationId: number;
  /** Which server the connection goes to. */
  readonly node: number;
}

/**
 * Connections of which the server takes one request at a time: what comes while one is held waits until
 * that is answered. A peer has one connection; it goes to another node by opening a new one.
 */
export class Channels<Peer, Request extends Numbered> {
  readonly #channels = new Map<Peer, Channel<Request>>();

  /** Takes a request, or keeps it until those before it are answered; whether it may be served now. */
  take(peer: Peer, request: Request): boolean {
    const { correlationId, node } = request;
    let channel = this.#channels.get(peer);
    if (channel?.node !== node) {
      channel = { node, busyWith: null, waiting: [] };
      this.#channels.set(peer, channel);
    }
    channel.busyWith ??= correlationId;
    if (channel.busyWith === correlationId) return true;
    channel.waiting.push(request);
    return false;
  }

  isBusyWith(peer: Peer, correlationId: number): boolean {
    return this.#channels.get(peer)?.busyWith === correlationId;
  }

  /** A request is answered; the next one, which has to be taken once more, or null. */
  answer(peer: Peer, correlationId: number): Request | null {
    const channel = this.#channels.get(peer);
    if (channel?.busyWith !== correlationId) return null;
    const next = channel.waiting.shift() ?? null;
    channel.busyWith = next?.correlationId ?? null;
    return next;
  }

  /** A connection breaks; what was not taken from it is lost. */
  cut(peer: Peer): readonly Request[] {
    const waiting = this.#channels.get(peer)?.waiting ?? [];
    this.#channels.delete(peer);
    return waiting;
  }

  peers(): readonly Peer[] {
    return [...this.#channels.keys()];
  }
}
