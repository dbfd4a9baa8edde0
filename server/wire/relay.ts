import { connect, type Socket } from 'node:net';
import type { Tls } from '../security.ts';
import { isRedirected, redirect, type Address, type Redirect } from './addresses.ts';
import { AskedRequests, type Asked } from './asked.ts';
import { WireProblem } from './bytes.ts';
import { connectTo } from './connect.ts';
import { errorsIn, type Exchange } from './exchange.ts';
import {
  API_VERSIONS_KEY,
  REQUEST_HEAD_BYTES,
  RESPONSE_HEAD_BYTES,
  SIZE_BYTES,
  decodeRequest,
  decodeResponse,
  encodeResponse,
  type Frame,
} from './frame.ts';
import { FrameCutter, type Piece } from './frame-cutter.ts';
import { printReadably } from './printed.ts';
import { isIn, type Api } from './schema.ts';

/** What a relay asks and tells. */
export interface RelayListener {
  /** How the broker is spoken to; clients never encrypt. */
  readonly tls: Tls | null;
  readonly redirect: Redirect;
  readonly onExchange: (exchange: Exchange, connection: number) => void;
  /** Hears why TLS failed, which a client that does not speak it has no way to know. */
  readonly onTlsError: (error: Error, address: Address) => void;
}

/** Kafka's limit of a request (socket.request.max.bytes, 4.3.1); TLS looks like far more. */
const MAX_REQUEST_BYTES = 104_857_600;
const MAX_RESPONSE_BYTES = 0x7fff_ffff;
/** Larger frames are passed on unread, so that nobody makes this process hold much. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** So much is read from a broker at once, into the same memory again and again. */
const READ_BYTES = 256 * 1024;

/** An answer that is to be read, and what it answers. */
interface Answer {
  readonly asked: Asked;
  readonly api: Api;
}

/**
 * Joins a client to a broker: passes all bytes both ways, as they come and no faster than they are
 * taken, and reads along. Only answers that may carry addresses of brokers are held until they are
 * whole. What cannot be read is passed as it is. When one side is gone, so is the other.
 */
export class Relay {
  /** The connection to the broker. */
  readonly broker: Socket;
  readonly #connection: number;
  readonly #client: Socket;
  readonly #listener: RelayListener;
  readonly #asked = new AskedRequests();
  readonly #requests = new FrameCutter<Asked>({
    headBytes: REQUEST_HEAD_BYTES,
    maxBytes: MAX_REQUEST_BYTES,
    judge: (head, frameBytes) => {
      const asked = this.#asked.add(head);
      return (asked.api?.request ?? null) !== null && frameBytes <= MAX_READ_BYTES ? asked : null;
    },
  });
  readonly #answers = new FrameCutter<Answer>({
    headBytes: RESPONSE_HEAD_BYTES,
    maxBytes: MAX_RESPONSE_BYTES,
    judge: (head, frameBytes) => {
      const asked = this.#asked.take(head.readInt32BE(SIZE_BYTES));
      const api = asked?.api ?? null;
      if (asked === null || api === null || frameBytes > MAX_READ_BYTES) return null;
      const isKnown = isIn(asked.version, api.response.versions) || api.key === API_VERSIONS_KEY;
      return isKnown ? { asked, api } : null;
    },
  });
  #hasAsked = false;
  #isClientBusy = false;
  /** Reasons to take nothing more from the broker just now. */
  #pauseCount = 0;

  /** @param connection a number that tells it from others. */
  constructor(client: Socket, address: Address, connection: number, listener: RelayListener) {
    this.#connection = connection;
    this.#client = client;
    this.#listener = listener;
    this.broker = this.#connect(address);
    client.on('data', (chunk: Buffer) => {
      this.#onRequests(chunk);
    });
    this.broker.on('end', () => {
      this.#toClient(this.#answers.giveUp());
    });
    for (const [socket, other] of [
      [client, this.broker],
      [this.broker, client],
    ] as const) {
      // A socket that fails closes; why is the business of the two that talk.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        other.destroySoon();
      });
    }
  }

  #connect(address: Address): Socket {
    const { tls } = this.#listener;
    if (tls !== null) {
      // What it has decrypted comes also while it is paused, so each chunk has memory of its own.
      const socket = connectTo(address, tls).setNoDelay(true);
      socket.on('error', (error) => {
        this.#listener.onTlsError(error, address);
      });
      return socket.on('data', (chunk: Buffer) => {
        this.#onAnswers(chunk);
      });
    }
    return connect({
      ...address,
      noDelay: true,
      // Half the work of having new memory for each chunk, as measured by `npm run bench`.
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (count, memory) => {
          this.#onAnswers(Buffer.from(memory.buffer, memory.byteOffset, count));
          return true;
        },
      },
    });
  }

  #onRequests(chunk: Buffer): void {
    this.#hasAsked = true;
    for (const { frame: asked, bytes } of this.#requests.push(chunk)) {
      if (asked === null) continue;
      asked.frame = bytes;
      asked.askedMs = Date.now();
    }
    if (this.#requests.isBlind) this.#toClient(this.#answers.giveUp());
    if (this.broker.write(chunk)) return;
    this.#client.pause();
    this.broker.once('drain', () => this.#client.resume());
  }

  #onAnswers(chunk: Buffer): void {
    // Nothing was asked that could be answered: whoever speaks first is no broker.
    if (!this.#hasAsked) this.#answers.giveUp();
    this.#deliver(this.#answers.push(chunk));
  }

  /** Passes pieces on in their order; what comes behind one that is changed waits for it. */
  #deliver(pieces: readonly Piece<Answer>[]): void {
    for (const [index, { frame: answer, bytes }] of pieces.entries()) {
      if (answer !== null && isRedirected(answer.api)) {
        this.#pause();
        void this.#redirected(answer, bytes).then((changed) => {
          this.#toClient(changed);
          this.#deliver(pieces.slice(index + 1));
          this.#resume();
        });
        return;
      }
      this.#toClient(bytes);
      if (answer !== null) this.#read(answer, bytes);
    }
  }

  /** The answer with our addresses, or as it is where it cannot be read. */
  async #redirected(answer: Answer, bytes: Buffer): Promise<Buffer> {
    const frame = this.#read(answer, bytes);
    if (frame === null) return bytes;
    try {
      const body = await redirect(answer.api, frame.body, this.#listener.redirect);
      return body === null ? bytes : encodeResponse(answer.api, { ...frame, body });
    } catch (error) {
      if (error instanceof WireProblem) return bytes;
      throw error;
    }
  }

  /** Decodes an answer and tells of it and its request; null when it cannot be read. */
  #read({ asked, api }: Answer, bytes: Buffer): Frame | null {
    const answer = decodeResponse(api, asked.version, bytes);
    if (!answer.ok) return null;
    const request = asked.frame === null ? null : decodeRequest(asked.frame);
    if (request?.ok === true) {
      const { header, body } = request.value;
      const response = printReadably(answer.value.body);
      const exchange: Exchange = {
        clientId: typeof header['clientId'] === 'string' ? header['clientId'] : null,
        api: api.name,
        version: asked.version,
        request: printReadably(body),
        response,
        errors: errorsIn(response),
        startedMs: asked.askedMs,
        tookMs: Date.now() - asked.askedMs,
      };
      this.#listener.onExchange(exchange, this.#connection);
    }
    return answer.value;
  }

  /** Takes nothing more from the broker until this is gone, because its memory is used again. */
  #toClient(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#client.write(bytes, this.#onWritten);
    if (this.#client.writableLength === 0 || this.#isClientBusy) return;
    this.#isClientBusy = true;
    this.#pause();
  }

  readonly #onWritten = (): void => {
    if (!this.#isClientBusy || this.#client.writableLength > 0) return;
    this.#isClientBusy = false;
    this.#resume();
  };

  #pause(): void {
    this.#pauseCount += 1;
    this.broker.pause();
  }

  #resume(): void {
    this.#pauseCount -= 1;
    if (this.#pauseCount === 0) this.broker.resume();
  }
}
