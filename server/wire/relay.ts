import { connect, type Socket } from 'node:net';
import type { Tls } from '../security.ts';
import { isRedirected, redirect, type Address, type Redirect } from './addresses.ts';
import { asMemberName, type Faults } from '../../engine/index.ts';
import { AskedRequests, type Asked } from './asked.ts';
import { WireProblem } from './bytes.ts';
import { connectTo } from './connect.ts';
import { errorsIn, type Exchange } from './exchange.ts';
import { errorAnswer, judge } from './faults-on-wire.ts';
import {
  API_VERSIONS_KEY,
  REQUEST_HEAD_BYTES,
  RESPONSE_HEAD_BYTES,
  SIZE_BYTES,
  clientIdIn,
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
  /** What is done to requests on their way; null when nothing ever is. */
  readonly faults: Faults | null;
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
  /** Null for one that is kept whole but not read. */
  readonly api: Api | null;
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
      if (asked === null || frameBytes > MAX_READ_BYTES) return null;
      const isKnown =
        api !== null &&
        (isIn(asked.version, api.response.versions) || api.key === API_VERSIONS_KEY);
      if (isKnown) return { asked, api };
      // Answers of our own go between whole answers only.
      return this.#listener.faults === null ? null : { asked, api: null };
    },
  });
  #hasAsked = false;
  /** Whose connection it is, once a request has said so; it is only asked for where faults are. */
  clientId: string | null = null;
  /** Nothing passes to the broker any more, until the client closes. */
  #isSilent = false;
  /** When what is late goes on to the broker; what comes behind it waits as well. */
  #lateUntilMs = 0;
  /** What is late, in its order. */
  readonly #late: Buffer[] = [];
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
    const { faults } = this.#listener;
    const pieces = this.#requests.push(chunk);
    for (const { frame: asked, bytes } of pieces) {
      if (asked === null) continue;
      asked.frame = bytes;
      asked.askedMs = Date.now();
    }
    if (this.#requests.isBlind) this.#toClient(this.#answers.giveUp());
    if (faults === null) this.#toBroker(chunk);
    else for (const piece of pieces) this.#passFaulty(faults, piece);
  }

  #toBroker(bytes: Buffer): void {
    if (this.broker.destroyed || this.broker.write(bytes)) return;
    this.#client.pause();
    this.broker.once('drain', () => this.#client.resume());
  }

  /** Closes the connection on both sides, without a word. */
  cut(): void {
    this.#client.destroy();
    this.broker.destroy();
  }

  /** Passes a request on, sooner or later, or does not. */
  #passFaulty(faults: Faults, { frame: asked, bytes }: Piece<Asked>): void {
    const nowMs = Date.now();
    if (this.clientId === null && asked !== null) this.clientId = clientIdIn(bytes);
    const { clientId } = this;
    if (clientId !== null && faults.cutBecauseOf(asMemberName(clientId), nowMs) !== null)
      this.cut();
    if (this.#isSilent || this.broker.destroyed) return;
    const fate =
      clientId === null
        ? ({ type: 'passed' } as const)
        : judge(faults, clientId, asked?.api ?? null, nowMs);
    if (fate.type === 'lost') {
      this.#isSilent = true;
      if (asked !== null) this.#asked.forget(asked);
      return;
    }
    if (fate.type === 'answered' && asked !== null) {
      asked.ownAnswer = errorAnswer(bytes, fate.errorCode);
      if (asked.ownAnswer !== null) {
        this.#answerOwn();
        return;
      }
    }
    this.#lateUntilMs = Math.max(this.#lateUntilMs, nowMs + (fate.type === 'late' ? fate.byMs : 0));
    if (this.#lateUntilMs <= nowMs) this.#toBroker(bytes);
    else this.#toBrokerLater(Buffer.from(bytes), this.#lateUntilMs - nowMs);
  }

  /** Timers of one duration fire in their order, and a later piece is never due before an earlier. */
  #toBrokerLater(bytes: Buffer, afterMs: number): void {
    this.#late.push(bytes);
    setTimeout(() => {
      const next = this.#late.shift();
      if (next !== undefined) this.#toBroker(next);
    }, afterMs).unref();
  }

  /** Gives the answers of our own whose turn has come. */
  #answerOwn(): void {
    for (let next = this.#asked.takeOwn(); next !== null; next = this.#asked.takeOwn()) {
      this.#toClient(next.ownAnswer);
      if (next.api !== null) this.#read(next, next.api, next.ownAnswer);
    }
  }

  #onAnswers(chunk: Buffer): void {
    // Nothing was asked that could be answered: whoever speaks first is no broker.
    if (!this.#hasAsked) this.#answers.giveUp();
    this.#deliver(this.#answers.push(chunk));
  }

  /** Passes pieces on in their order; what comes behind one that is changed waits for it. */
  #deliver(pieces: readonly Piece<Answer>[]): void {
    for (const [index, { frame: answer, bytes }] of pieces.entries()) {
      const { asked, api } = answer ?? { asked: null, api: null };
      if (asked !== null && api !== null && isRedirected(api)) {
        this.#pause();
        void this.#redirected(asked, api, bytes).then((changed) => {
          this.#toClient(changed);
          this.#answerOwn();
          this.#deliver(pieces.slice(index + 1));
          this.#resume();
        });
        return;
      }
      this.#toClient(bytes);
      if (asked !== null && api !== null) this.#read(asked, api, bytes);
      if (asked !== null) this.#answerOwn();
    }
  }

  /** The answer with our addresses, or as it is where it cannot be read. */
  async #redirected(asked: Asked, api: Api, bytes: Buffer): Promise<Buffer> {
    const frame = this.#read(asked, api, bytes);
    if (frame === null) return bytes;
    try {
      const body = await redirect(api, frame.body, this.#listener.redirect);
      return body === null ? bytes : encodeResponse(api, { ...frame, body });
    } catch (error) {
      if (error instanceof WireProblem) return bytes;
      throw error;
    }
  }

  /** Decodes an answer and tells of it and its request; null when it cannot be read. */
  #read(asked: Asked, api: Api, bytes: Buffer): Frame | null {
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
