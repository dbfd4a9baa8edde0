import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlaygroundError } from '../engine/index.ts';

/** How a broker wants to be spoken to: security.protocol and what belongs to it. */
export interface Security {
  /** Null where the connection is not encrypted. */
  readonly tls: Tls | null;
  /** Null where the broker asks nobody who he is. */
  readonly sasl: Sasl | null;
}

/** Texts of PEM files, under the names that Node and kafkajs give them. */
export interface Tls {
  /** Who signs the broker's certificate; without it, whom Node trusts. */
  readonly ca?: string;
  /** Our own certificate and its key, for a broker that asks for one. */
  readonly cert?: string;
  readonly key?: string;
}

export interface Sasl {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
}

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export const PLAINTEXT: Security = { tls: null, sasl: null };

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

/** Its name as Kafka's `security.protocol` has it. */
export const printProtocol = ({ tls, sasl }: Security): string =>
  `${sasl === null ? '' : 'SASL_'}${tls === null ? 'PLAINTEXT' : 'SSL'}`;

type Environment = Readonly<Record<string, string | undefined>>;

const SASL_VARIABLES = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
const TLS_VARIABLES = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'];

/**
 * How KAFKA_BROKERS, or the broker behind a tap, wants to be spoken to.
 *
 * @throws PlaygroundError `usage`, naming the variable and what it should be; never a password.
 */
export function readSecurity(environment: Environment): Security {
  const variable = 'KAFKA_SECURITY_PROTOCOL';
  const protocol = oneOf(variable, read(environment, variable) ?? 'PLAINTEXT', PROTOCOLS);
  const isSasl = protocol.startsWith('SASL_');
  const isTls = protocol.endsWith('SSL');
  refuseUnused(environment, protocol, isSasl ? [] : SASL_VARIABLES, 'SASL_PLAINTEXT or SASL_SSL');
  refuseUnused(environment, protocol, isTls ? [] : TLS_VARIABLES, 'SSL or SASL_SSL');
  return {
    tls: isTls ? readTls(environment) : null,
    sasl: isSasl ? readSasl(environment, protocol) : null,
  };
}

/** Without this a password that somebody has set would be left unused, and no one would know why. */
function refuseUnused(
  environment: Environment,
  protocol: string,
  variables: readonly string[],
  wanted: string,
): void {
  const unused = variables.find((variable) => read(environment, variable) !== null);
  if (unused === undefined) return;
  refuse(
    `${unused} is set, and KAFKA_SECURITY_PROTOCOL is ${protocol}, which does not use it.`,
    `Set KAFKA_SECURITY_PROTOCOL to ${wanted}, or unset ${unused}.`,
  );
}

function readSasl(environment: Environment, protocol: string): Sasl {
  const need = (variable: string): string =>
    read(environment, variable) ??
    refuse(
      `KAFKA_SECURITY_PROTOCOL is ${protocol}, and ${variable} is not set.`,
      `Set ${SASL_VARIABLES.join(', ')}; the mechanism is ${SASL_MECHANISMS.join(' or ')}.`,
    );
  return {
    mechanism: oneOf('KAFKA_SASL_MECHANISM', need('KAFKA_SASL_MECHANISM'), SASL_MECHANISMS),
    username: oneLine('KAFKA_SASL_USERNAME', need('KAFKA_SASL_USERNAME')),
    password: oneLine('KAFKA_SASL_PASSWORD', need('KAFKA_SASL_PASSWORD')),
  };
}

/** Java's login would end at a line break, and its complaint name what comes behind. */
function oneLine(variable: string, text: string): string {
  if (!/[\r\n]/.test(text)) return text;
  refuse(
    `${variable} holds a line break.`,
    'Take it out; a file that is read into a variable may end with one.',
  );
}

function readTls(environment: Environment): Tls {
  const ca = readPem(environment, 'KAFKA_SSL_CA', 'certificate', isCertificate);
  const cert = readPem(environment, 'KAFKA_SSL_CERT', 'certificate', isCertificate);
  const key = readPem(environment, 'KAFKA_SSL_KEY', 'private key without a passphrase', isKey);
  if ((cert === null) !== (key === null)) {
    const [given, missing] = cert === null ? ['KEY', 'CERT'] : ['CERT', 'KEY'];
    refuse(
      `KAFKA_SSL_${given} is set without KAFKA_SSL_${missing}.`,
      'Set both, or neither where the broker asks for no certificate.',
    );
  }
  const trusted = ca === null ? {} : { ca };
  if (cert === null || key === null) return trusted;
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    refuse(
      'KAFKA_SSL_KEY is not the key of the certificate in KAFKA_SSL_CERT.',
      'Give the two files that were made together.',
    );
  }
  return { ...trusted, cert, key };
}

const isCertificate = (pem: string): unknown => new X509Certificate(pem);
const isKey = (pem: string): unknown => createPrivateKey(pem);

/** @param check throws when the text is not what it should be. */
function readPem(
  environment: Environment,
  variable: string,
  what: string,
  check: (pem: string) => unknown,
): string | null {
  const path = read(environment, variable);
  if (path === null) return null;
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    refuse(
      `${variable} names ${path}, which cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Give the path of a PEM file that you may read.',
      error,
    );
  }
  try {
    check(pem);
    return pem;
  } catch (error) {
    refuse(
      `${variable} names ${path}, which holds no ${what} in PEM.`,
      'Give a PEM file; `openssl pkcs12` makes one of a keystore, `openssl pkey` one without a passphrase.',
      error,
    );
  }
}

/** Null when it is not set; set to nothing is the same. */
function read(environment: Environment, variable: string): string | null {
  const text = environment[variable];
  return text === undefined || text === '' ? null : text;
}

function oneOf<Text extends string>(variable: string, text: string, known: readonly Text[]): Text {
  return (
    known.find((candidate) => candidate === text) ??
    refuse(`${variable} is "${text}", which is not known here.`, `Use one of ${known.join(', ')}.`)
  );
}

function refuse(problem: string, remedy: string, cause?: unknown): never {
  throw new PlaygroundError('usage', problem, remedy, cause);
}
