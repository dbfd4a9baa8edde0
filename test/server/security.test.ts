import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PlaygroundError } from '../../engine/index.ts';
import { printProtocol } from '../../server/security.ts';
import { readSettings } from '../../server/settings.ts';
import { aCertificate } from '../support/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'playground-pem-'));
const own = await aCertificate();
const other = await aCertificate();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const cert = file('cert.pem', own.cert);
const key = file('key.pem', own.key);
const otherKey = file('other-key.pem', other.key);
const keystore = file('keystore.jks', 'not PEM');
const nowhere = join(folder, 'nowhere.pem');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SASL = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  KAFKA_SASL_USERNAME: 'ann',
  KAFKA_SASL_PASSWORD: 'hush',
};
const SSL = { KAFKA_SECURITY_PROTOCOL: 'SSL' };

describe('readSecurity', () => {
  it('is PLAINTEXT where nothing is said', () => {
    expect(readSettings({}).security).toEqual({ tls: null, sasl: null });
  });

  it('reads who we are, and the files', () => {
    const files = { KAFKA_SSL_CA: cert, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key };
    expect(readSettings({ ...SASL, ...files }).security).toEqual({
      tls: { ca: own.cert, cert: own.cert, key: own.key },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'ann', password: 'hush' },
    });
  });

  it('trusts whom Node trusts where no certificate is given', () => {
    expect(readSettings(SSL).security).toEqual({ tls: {}, sasl: null });
  });

  it.each(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'])(
    'knows %s by its name in Kafka',
    (protocol) => {
      const sasl = protocol.startsWith('SASL') ? SASL : {};
      const { security } = readSettings({ ...sasl, KAFKA_SECURITY_PROTOCOL: protocol });
      expect(printProtocol(security)).toBe(protocol);
    },
  );

  it.each([
    [
      'a protocol that Kafka does not have',
      { KAFKA_SECURITY_PROTOCOL: 'TLS' },
      'KAFKA_SECURITY_PROTOCOL is "TLS", which is not known here.',
      'Use one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.',
    ],
    [
      'a mechanism that is not known',
      { ...SASL, KAFKA_SASL_MECHANISM: 'GSSAPI' },
      'KAFKA_SASL_MECHANISM is "GSSAPI", which is not known here.',
      'Use one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.',
    ],
    [
      'no mechanism',
      { ...SASL, KAFKA_SASL_MECHANISM: undefined },
      'KAFKA_SECURITY_PROTOCOL is SASL_SSL, and KAFKA_SASL_MECHANISM is not set.',
      'PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512',
    ],
    [
      'no name',
      { ...SASL, KAFKA_SASL_USERNAME: '' },
      'KAFKA_SECURITY_PROTOCOL is SASL_SSL, and KAFKA_SASL_USERNAME is not set.',
      'Set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD',
    ],
    [
      'no password',
      { ...SASL, KAFKA_SASL_PASSWORD: undefined },
      'KAFKA_SECURITY_PROTOCOL is SASL_SSL, and KAFKA_SASL_PASSWORD is not set.',
      'Set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD',
    ],
    [
      'a password with a line break',
      { ...SASL, KAFKA_SASL_PASSWORD: 'hush\n' },
      'KAFKA_SASL_PASSWORD holds a line break.',
      'Take it out',
    ],
    [
      'a password that nobody would be told',
      { KAFKA_SASL_PASSWORD: 'hush' },
      'KAFKA_SASL_PASSWORD is set, and KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which does not use it.',
      'Set KAFKA_SECURITY_PROTOCOL to SASL_PLAINTEXT or SASL_SSL, or unset KAFKA_SASL_PASSWORD.',
    ],
    [
      'a certificate without TLS',
      { ...SASL, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SSL_CA: cert },
      'KAFKA_SSL_CA is set, and KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT, which does not use it.',
      'Set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, or unset KAFKA_SSL_CA.',
    ],
    [
      'a file that is not there',
      { ...SSL, KAFKA_SSL_CA: nowhere },
      `KAFKA_SSL_CA names ${nowhere}, which cannot be read: ENOENT`,
      'Give the path of a PEM file that you may read.',
    ],
    [
      'a certificate that is not PEM',
      { ...SSL, KAFKA_SSL_CA: keystore },
      `KAFKA_SSL_CA names ${keystore}, which holds no certificate in PEM.`,
      '`openssl pkcs12` makes one of a keystore',
    ],
    [
      'a key where a certificate belongs',
      { ...SSL, KAFKA_SSL_CERT: key, KAFKA_SSL_KEY: key },
      `KAFKA_SSL_CERT names ${key}, which holds no certificate in PEM.`,
      'Give a PEM file',
    ],
    [
      'a certificate where a key belongs',
      { ...SSL, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: cert },
      `KAFKA_SSL_KEY names ${cert}, which holds no private key without a passphrase in PEM.`,
      'Give a PEM file',
    ],
    [
      'a certificate without its key',
      { ...SSL, KAFKA_SSL_CERT: cert },
      'KAFKA_SSL_CERT is set without KAFKA_SSL_KEY.',
      'Set both',
    ],
    [
      'a key without its certificate',
      { ...SSL, KAFKA_SSL_KEY: key },
      'KAFKA_SSL_KEY is set without KAFKA_SSL_CERT.',
      'Set both',
    ],
    [
      'the key of another certificate',
      { ...SSL, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: otherKey },
      'KAFKA_SSL_KEY is not the key of the certificate in KAFKA_SSL_CERT.',
      'Give the two files that were made together.',
    ],
  ])('refuses %s', (_what, environment, problem, remedy) => {
    const error = refusalOf(environment);
    expect(error.code).toBe('usage');
    expect(error.message).toContain(problem);
    expect(error.remedy).toContain(remedy);
    expect(`${error.message} ${error.remedy}`).not.toContain('hush');
  });
});

function refusalOf(environment: Readonly<Record<string, string | undefined>>): PlaygroundError {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof PlaygroundError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
