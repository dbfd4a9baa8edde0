import { PlaygroundError } from '../engine/index.ts';

/** By what stands in Node's code or message, or in the name of kafkajs's error: what to do about it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/,
    'Set KAFKA_SSL_CA to a PEM file with the certificate of who signed the broker’s.',
  ],
  [/ALTNAME_INVALID/, 'Name the broker as its certificate does.'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'Give the broker a certificate that is valid today.'],
  [
    /WRONG_VERSION_NUMBER|before secure TLS connection/,
    'It speaks no TLS there: correct the port, or KAFKA_SECURITY_PROTOCOL to one without SSL.',
  ],
  [
    /_ALERT_/,
    'Set KAFKA_SSL_CERT and KAFKA_SSL_KEY to a certificate that the broker trusts, and its key.',
  ],
  [
    /SASLAuthentication/,
    'Correct KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
  ],
];

/**
 * Why a broker and we do not come together by TLS or SASL, which no waiting mends; null for any other
 * error.
 *
 * @param error Node's, or kafkajs's around it.
 */
export function securityProblem(error: unknown, address: string): PlaygroundError | null {
  for (const { code, name, message } of chainOf(error)) {
    const known = REMEDIES.find(([pattern]) => pattern.test(`${code ?? name} ${message}`));
    if (known === undefined) continue;
    // OpenSSL's own messages have addresses of memory and lines of its sources in them.
    const reason = message.includes('SSL routines') ? (code ?? name) : message;
    const problem = `The broker at ${address} and the playground do not come together: ${reason}`;
    return new PlaygroundError('broker-unreachable', ended(problem), known[1], error);
  }
  return null;
}

const ended = (sentence: string): string => sentence.trim().replace(/[.:\s]*$/, '.');

/** An error and what caused it. */
function chainOf(error: unknown): readonly NodeJS.ErrnoException[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}
