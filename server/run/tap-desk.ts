import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  LARGEST_RECORDING_BYTES,
  PlaygroundError,
  printMegabytes,
  type OpenTap,
  type TapMessage,
} from '../../engine/index.ts';
import { TappedGroups } from '../record/tapped-groups.ts';
import { securityProblem } from '../security-problem.ts';
import type { Tls } from '../security.ts';
import type { Address } from '../wire/addresses.ts';
import { connectTo } from '../wire/connect.ts';
import { Tap, printAddress } from '../wire/tap.ts';
import type { Recording } from './live-run.ts';
import { MessageLog, type Heard } from './message-log.ts';

export interface TapOrder {
  /** An address of this machine alone. */
  readonly listen: Address;
  readonly to: Address;
  /** The only group to watch; null for all that members join. */
  readonly group: string | null;
}

interface TapDeskOptions {
  /** Given where brokers want TLS. */
  readonly tls?: Tls | null;
  /** Gets what a person has to mend at a tap that is open. */
  readonly say?: (line: string) => void;
  readonly maxBytes?: number;
}

/** A broker that takes no connection for so long is not there. */
const CONNECT_DEADLINE_MS = 3_000;

interface DeskTap {
  readonly open: OpenTap;
  readonly tap: Tap;
  readonly groups: TappedGroups;
  readonly log: MessageLog<TapMessage>;
}

/**
 * Opens taps before brokers of somebody else: one at a time, and keeps what the last one heard until
 * the next is opened. Nothing is written to the broker.
 */
export class TapDesk {
  readonly #tls: Tls | null;
  readonly #say: (line: string) => void;
  readonly #maxBytes: number;
  #last: DeskTap | null = null;
  #isOpening = false;

  constructor({
    tls = null,
    say = () => undefined,
    maxBytes = LARGEST_RECORDING_BYTES,
  }: TapDeskOptions = {}) {
    this.#tls = tls;
    this.#say = say;
    this.#maxBytes = maxBytes;
  }

  /** The tap that is open. */
  get open(): OpenTap | null {
    return this.#last?.log.isOver === false ? this.#last.open : null;
  }

  /** The tap that is open, or the last that was. */
  get last(): Heard<TapMessage> | null {
    return this.#last === null ? null : { id: this.#last.open.tapId, log: this.#last.log };
  }

  /**
   * Opens a tap and returns its id.
   *
   * @throws PlaygroundError `tap-busy` while another is open, `broker-unreachable`, `port-taken`.
   */
  async start({ listen, to, group }: TapOrder): Promise<string> {
    if (this.#isOpening || this.open !== null) {
      throw new PlaygroundError(
        'tap-busy',
        `A tap is open already${this.open === null ? '' : `, at ${this.open.listen}`}.`,
        'Stop that one first.',
      );
    }
    this.#isOpening = true;
    try {
      await checkReachable(to, this.#tls);
      const groups = new TappedGroups(group, Date.now(), this.#maxBytes);
      const log = new MessageLog<TapMessage>();
      const tap = await Tap.open({
        listen,
        to: [to],
        tls: this.#tls,
        onExchange: (exchange, connection) => {
          const wasFull = groups.isFull;
          for (const message of groups.hear({ exchange, connection })) log.tell(message);
          if (groups.isFull && !wasFull) log.tell(fullAt(this.#maxBytes));
        },
        onClosed: (connection) => {
          groups.onClosed(connection);
        },
        onProblem: ({ message, remedy }) => {
          this.#say(`${message} ${remedy}`);
        },
      });
      const [offered = listen] = tap.addresses;
      const open = {
        tapId: randomUUID(),
        listen: printAddress(offered),
        to: printAddress(to),
        group,
      };
      this.#last = { open, tap, groups, log };
      return open.tapId;
    } finally {
      this.#isOpening = false;
    }
  }

  /**
   * What was heard through a tap from message number `from` on, and what comes, until it is closed.
   *
   * @throws PlaygroundError `tap-unknown`, at once.
   */
  messages(
    id: string,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly [number, TapMessage]> {
    return this.#find(id).log.from(from, signal);
  }

  /** Groups that members have joined through the tap. */
  groups(id: string): readonly string[] {
    return this.#find(id).groups.names;
  }

  /** The recording of a group so far; null until a member has joined it. */
  recording(id: string, group: string): Recording | null {
    return this.#find(id).groups.recording(group, Date.now());
  }

  /** Ends all connections through the tap; what it has heard is kept. */
  async stop(id: string): Promise<void> {
    const { tap, groups, log } = this.#find(id);
    if (log.isOver) return;
    await tap.close();
    for (const group of groups.names) {
      const recording = groups.recording(group, Date.now());
      if (recording === null) continue;
      log.tell({ type: 'group', group, message: { type: 'end', header: recording.header } });
    }
    log.tell({ type: 'end' });
    log.end();
  }

  async close(): Promise<void> {
    if (this.#last !== null) await this.stop(this.#last.open.tapId);
  }

  #find(id: string): DeskTap {
    if (this.#last?.open.tapId === id) return this.#last;
    throw new PlaygroundError(
      'tap-unknown',
      'There is no such tap here; only the last one is kept.',
      'Start a tap again.',
    );
  }
}

const fullAt = (maxBytes: number): TapMessage => ({
  type: 'full',
  problem: `The recording is full: it holds ${printMegabytes(maxBytes)}. Programs go on through the tap, but what they do is not recorded any more.`,
  remedy: 'Save the recording, stop the tap and start it again.',
});

/** @throws PlaygroundError `broker-unreachable` */
async function checkReachable(address: Address, tls: Tls | null): Promise<void> {
  const socket = connectTo(address, tls);
  try {
    const isReady = tls === null ? 'connect' : 'secureConnect';
    await once(socket, isReady, { signal: AbortSignal.timeout(CONNECT_DEADLINE_MS) });
  } catch (error) {
    const refused = securityProblem(error, printAddress(address));
    if (refused !== null) throw refused;
    throw new PlaygroundError(
      'broker-unreachable',
      `Nothing answers at ${printAddress(address)}, where the broker should be.`,
      'Check host and port, and that the broker can be reached from this machine.',
      error,
    );
  } finally {
    socket.destroy();
  }
}
