import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../server/run/ask.ts';
import { Scram } from '../../../server/run/authenticate.ts';
import { PLAINTEXT, type Security } from '../../../server/security.ts';
import type { WireBody } from '../../../server/wire/codec.ts';
import { encodeResponse } from '../../../server/wire/frame.ts';
import { SASL_AUTHENTICATE, SASL_HANDSHAKE } from '../../../server/wire/sasl-apis.ts';
import type { Api } from '../../../server/wire/schema.ts';
import { FakeBroker } from '../wire/fake-broker.ts';

let broker: FakeBroker;

beforeEach(async () => {
  broker = await FakeBroker.start();
});
afterEach(async () => {
  await broker.stop();
});

describe('ask', () => {
  const plain: Security = {
    tls: null,
    sasl: { mechanism: 'PLAIN', username: 'ann', password: 'hush' },
  };
  const answer = (api: Api, body: WireBody): Buffer =>
    encodeResponse(api, { version: 1, header: { correlationId: 1 }, body });

  /** A broker that wants SASL, and that one password. */
  function wantSasl(mechanisms: readonly string[], password: string): void {
    let isKnown = false;
    broker.answer = ({ frame, api }) => {
      switch (frame.readInt16BE(4)) {
        case SASL_HANDSHAKE.key:
          return answer(SASL_HANDSHAKE, {
            errorCode: mechanisms.includes('PLAIN') ? 0 : 33,
            mechanisms,
          });
        case SASL_AUTHENTICATE.key:
          isKnown = frame.subarray(-password.length).toString() === password;
          return answer(SASL_AUTHENTICATE, {
            errorCode: isKnown ? 0 : 58,
            errorMessage: isKnown ? null : 'Authentication failed: Invalid username or password',
            authBytes: Buffer.alloc(0),
            sessionLifetimeMs: 0,
          });
        default:
          return isKnown && api === 'Heartbeat' ? { errorCode: 27 } : null;
      }
    };
  }

  const heartbeat = { groupId: 'g', generationId: 3, memberId: 'C1-1' };
  const askAs = (security: Security) => ask(broker.address, security, 'Heartbeat', 4, heartbeat);

  it('says who we are before it asks', async () => {
    wantSasl(['PLAIN'], '\0ann\0hush');
    expect(await askAs(plain)).toMatchObject({ errorCode: 27 });
  });

  it('says why a broker does not believe us, and not the password', async () => {
    wantSasl(['PLAIN'], '\0ann\0other');
    const refused = askAs(plain);
    await expect(refused).rejects.toThrow('Authentication failed: Invalid username or password');
    await expect(refused).rejects.not.toThrow('hush');
  });

  it('says what a broker takes that does not take our mechanism', async () => {
    wantSasl(['SCRAM-SHA-256', 'GSSAPI'], '');
    await expect(askAs(plain)).rejects.toThrow('it takes no PLAIN, only SCRAM-SHA-256, GSSAPI');
  });

  it('says nothing of us where nobody asks', async () => {
    broker.answer = ({ api }) => (api === 'Heartbeat' ? { errorCode: 0 } : null);
    expect(await askAs(PLAINTEXT)).toMatchObject({ errorCode: 0 });
  });
});

/** The example of RFC 7677, section 3. */
describe('Scram', () => {
  const aScram = (password = 'pencil') =>
    new Scram('sha256', 'user', password, 'rOprNGfwEbeRWgbNEkqO');
  const serverFirst =
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  it('begins with the name and the nonce', () => {
    expect(aScram().first).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  });

  it('writes a name as SCRAM does', () => {
    expect(new Scram('sha256', 'a=b,c', 'x', 'n').first).toBe('n,,n=a=3Db=2Cc,r=n');
  });

  it('proves the password', () => {
    expect(aScram().prove(serverFirst)).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
  });

  it('believes a server that knows the password, and no other', () => {
    const scram = aScram();
    scram.prove(serverFirst);
    scram.check(serverFinal);
    const other = aScram('pen');
    other.prove(serverFirst);
    expect(() => {
      other.check(serverFinal);
    }).toThrow('it does not know the password itself');
  });

  it('answers no nonce that is not its own', () => {
    expect(() => aScram().prove('r=another,s=AAAA,i=4096')).toThrow('its nonce is not ours');
  });
});
