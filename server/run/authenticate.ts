import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sasl } from '../security.ts';
import { asBytes, asList, asText, type WireBody } from '../wire/codec.ts';
import { SASL_AUTHENTICATE, SASL_HANDSHAKE } from '../wire/sasl-apis.ts';
import type { Api } from '../wire/schema.ts';

/** Asks on one connection, and gives the answer. */
export type Ask = (api: Api, version: number, body: WireBody) => Promise<WireBody>;

/**
 * Says on a connection who we are, before anything else is asked there.
 *
 * @throws Error with the broker's reason when it does not believe us.
 */
export async function authenticate(sasl: Sasl, ask: Ask): Promise<void> {
  const { mechanism, username, password } = sasl;
  const { errorCode, mechanisms } = await ask(SASL_HANDSHAKE, 1, { mechanism });
  if (errorCode !== 0) {
    throw new Error(`it takes no ${mechanism}, only ${asList(mechanisms).map(asText).join(', ')}`);
  }
  const say = async (text: string): Promise<string> => {
    const answer = await ask(SASL_AUTHENTICATE, 1, { authBytes: Buffer.from(text) });
    if (answer['errorCode'] !== 0) throw new Error(asText(answer['errorMessage']));
    return Buffer.from(asBytes(answer['authBytes'])).toString();
  };
  if (mechanism === 'PLAIN') {
    await say(`\0${username}\0${password}`);
    return;
  }
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const scram = new Scram(hash, username, password, randomBytes(18).toString('base64'));
  const proof = scram.prove(await say(scram.first));
  scram.check(await say(proof));
}

/**
 * The client's side of SCRAM, without channel binding.
 *
 * Source: RFC 5802; like ScramFormatter, Kafka 4.3.1, it takes a password as it is, without SASLprep.
 */
export class Scram {
  readonly #hash: 'sha256' | 'sha512';
  readonly #password: string;
  readonly #nonce: string;
  readonly #bare: string;
  /** The proof that the broker knows the password too. */
  #serverSignature: Buffer = Buffer.alloc(0);

  /** @param nonce printable and without a comma; another for each connection. */
  constructor(hash: 'sha256' | 'sha512', username: string, password: string, nonce: string) {
    this.#hash = hash;
    this.#password = password;
    this.#nonce = nonce;
    this.#bare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  get first(): string {
    return `n,,${this.#bare}`;
  }

  /** The message that proves the password, after the server's first. */
  prove(serverFirst: string): string {
    const nonce = valueOf('r', serverFirst);
    if (!nonce.startsWith(this.#nonce)) throw new Error('its nonce is not ours');
    const salt = Buffer.from(valueOf('s', serverFirst), 'base64');
    const iterations = Number(valueOf('i', serverFirst));
    const bytes = createHash(this.#hash).digest().length;
    const salted = pbkdf2Sync(this.#password, salt, iterations, bytes, this.#hash);
    const clientKey = this.#sign(salted, 'Client Key');
    const storedKey = createHash(this.#hash).update(clientKey).digest();
    const final = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
    const signed = `${this.#bare},${serverFirst},${final}`;
    const signature = this.#sign(storedKey, signed);
    this.#serverSignature = this.#sign(this.#sign(salted, 'Server Key'), signed);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    return `${final},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** @throws Error when whoever answers does not know the password. */
  check(serverFinal: string): void {
    const claimed = Buffer.from(valueOf('v', serverFinal), 'base64');
    const isRight =
      claimed.length === this.#serverSignature.length &&
      timingSafeEqual(claimed, this.#serverSignature);
    if (!isRight) throw new Error('it does not know the password itself');
  }

  #sign(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }
}

function valueOf(name: string, message: string): string {
  const found = message.split(',').find((part) => part.startsWith(`${name}=`));
  if (found === undefined) throw new Error(`its answer has no ${name}: ${message}`);
  return found.slice(2);
}
