import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Address } from '../../../server/wire/addresses.ts';
import type { WireBody } from '../../../server/wire/codec.ts';
import {
  REQUEST_HEAD_BYTES,
  SIZE_BYTES,
  apiOfKey,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../server/wire/frame.ts';
import { apiNamed } from './golden.ts';

/** A request as a fake broker sees it. */
export interface Heard {
  readonly api: string;
  readonly version: number;
  readonly correlationId: number;
  readonly frame: Buffer;
}

/** A body to answer with, bytes to send as they are, or null to say nothing. */
export type Answer = (heard: Heard) => WireBody | Buffer | null;

const SMALLEST_FRAME_BYTES = 4;
/** As socket.request.max.bytes: what claims to be larger is cut off. */
const LARGEST_FRAME_BYTES = 104_857_600;

/** Listens on loopback and answers each request at once. */
export class FakeBroker {
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  answer: Answer = () => null;

  private constructor(tls: TlsOptions | null) {
    const serve = (socket: Socket): void => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      onFrame(socket, (frame) => {
        if (frame.length < REQUEST_HEAD_BYTES) return;
        const api = apiOfKey(frame.readInt16BE(4));
        const version = frame.readInt16BE(6);
        const correlationId = frame.readInt32BE(8);
        const answer = this.answer({ api: api?.name ?? '?', version, correlationId, frame });
        if (Buffer.isBuffer(answer)) socket.write(answer);
        else if (answer !== null && api !== null) {
          socket.write(encodeResponse(api, { version, header: { correlationId }, body: answer }));
        }
      });
    };
    this.#server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
  }

  /** @param tls with certificate and key, for a broker that wants TLS. */
  static async start(port = 0, tls: TlsOptions | null = null): Promise<FakeBroker> {
    const broker = new FakeBroker(tls);
    broker.#server.listen(port, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  get address(): Address {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return { host: '127.0.0.1', port: address.port };
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }
}

/** One connection of a client that speaks by the table. */
export class FakeClient {
  readonly socket: Socket;
  readonly #waiting: ((frame: Buffer) => void)[] = [];
  /** Answers that came before anybody waited for them. */
  readonly #early: Buffer[] = [];
  #correlationId = 0;

  constructor(address: Address) {
    this.socket = connect(address);
    this.socket.on('error', () => undefined);
    onFrame(this.socket, (frame) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#early.push(frame);
      else waiting(frame);
    });
  }

  /** The frame of the next answer. */
  nextFrame(): Promise<Buffer> {
    const early = this.#early.shift();
    return early === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(early);
  }

  encode(api: string, version: number, body: WireBody): Buffer {
    this.#correlationId += 1;
    const header = { correlationId: this.#correlationId, clientId: 'C1' };
    return encodeRequest(apiNamed(api), { version, header, body });
  }

  async ask(api: string, version: number, body: WireBody): Promise<WireBody> {
    this.socket.write(this.encode(api, version, body));
    const decoded = decodeResponse(apiNamed(api), version, await this.nextFrame());
    if (!decoded.ok) throw new Error(decoded.problem);
    return decoded.value.body;
  }
}

function onFrame(socket: Socket, hear: (frame: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= SIZE_BYTES) {
      const size = bytes.readInt32BE();
      if (size < SMALLEST_FRAME_BYTES || size > LARGEST_FRAME_BYTES) {
        socket.destroy();
        return;
      }
      const end = SIZE_BYTES + size;
      if (bytes.length < end) return;
      hear(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
  });
}
