import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlaygroundError } from '../../../engine/index.ts';
import type { Tls } from '../../../server/security.ts';
import type { Address } from '../../../server/wire/addresses.ts';
import type { Exchange } from '../../../server/wire/exchange.ts';
import { encodeRequest } from '../../../server/wire/frame.ts';
import { Tap } from '../../../server/wire/tap.ts';
import { aCertificate, type Certificate } from '../../support/certificate.ts';
import { FakeBroker, FakeClient } from './fake-broker.ts';
import { apiNamed } from './golden.ts';

const theirs = await aCertificate();
const ours = await aCertificate('ours');
const heartbeat = { groupId: 'g', generationId: 3, memberId: 'C1-1' };

const brokers: FakeBroker[] = [];
let exchanges: Exchange[] = [];
let problems: PlaygroundError[] = [];
let tap: Tap | null = null;
const clients: FakeClient[] = [];

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await tap?.close();
  for (const broker of brokers.splice(0)) await broker.stop();
  exchanges = [];
  problems = [];
});

async function aBroker(certificate: Certificate = theirs, options = {}): Promise<FakeBroker> {
  const broker = await FakeBroker.start(0, { ...certificate, ...options });
  broker.answer = () => ({ errorCode: 27 });
  brokers.push(broker);
  return broker;
}

/** Where a tap before the broker is. */
async function tapBefore({ address }: FakeBroker, tls: Tls): Promise<Address> {
  tap = await Tap.open({
    to: [address],
    tls,
    onExchange: (exchange) => {
      exchanges.push(exchange);
    },
    onProblem: (problem) => {
      problems.push(problem);
    },
  });
  const [entrance] = tap.addresses;
  if (entrance === undefined) throw new Error('The tap has no address.');
  return entrance;
}

function aClient(address: Address): FakeClient {
  const client = new FakeClient(address);
  clients.push(client);
  return client;
}

describe('a tap before a broker that wants TLS', () => {
  it('reads what clients without TLS and the broker say', async () => {
    const entrance = await tapBefore(await aBroker(), { ca: theirs.cert });
    expect(await aClient(entrance).ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 27 });
    expect(exchanges).toMatchObject([{ api: 'Heartbeat', errors: ['REBALANCE_IN_PROGRESS'] }]);
    expect(problems).toEqual([]);
  });

  it('speaks TLS to the brokers that answers name as well', async () => {
    const [first, second] = [await aBroker(), await aBroker()];
    first.answer = () => ({ nodeId: 2, ...second.address });
    second.answer = () => ({ errorCode: 25 });
    const entrance = await tapBefore(first, { ca: theirs.cert });
    const found = await aClient(entrance).ask('FindCoordinator', 2, { key: 'g' });
    const { host, port } = found as unknown as Address;
    expect(port).not.toBe(second.address.port);
    const client = aClient({ host, port });
    expect(await client.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 25 });
  });

  it('passes megabytes whole to a client that is slow to take them', async () => {
    const broker = await aBroker();
    const bytes = Buffer.alloc(16 << 20, 'all of it, in its order; ');
    bytes.writeInt32BE(bytes.length - 4);
    broker.answer = () => bytes;
    const entrance = await tapBefore(broker, { ca: theirs.cert });
    const client = connect(entrance);
    const header = { correlationId: 1, clientId: 'C1' };
    client.write(encodeRequest(apiNamed('Heartbeat'), { version: 4, header, body: heartbeat }));
    const heard = createHash('sha256');
    let heardBytes = 0;
    for await (const chunk of client) {
      heard.update(chunk as Buffer);
      heardBytes += (chunk as Buffer).length;
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
      if (heardBytes >= bytes.length) break;
    }
    expect(heard.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('shows the certificate that the broker asks for', async () => {
    const broker = await aBroker(theirs, { requestCert: true, ca: ours.cert });
    const entrance = await tapBefore(broker, { ca: theirs.cert, ...ours });
    expect(await aClient(entrance).ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 27 });
  });

  it.each([
    [
      'a certificate that nobody vouches for',
      () => aBroker(),
      {},
      'self-signed certificate.',
      'Set KAFKA_SSL_CA to a PEM file with the certificate of who signed the broker’s.',
    ],
    [
      'the certificate of another host',
      () => aBroker(ours),
      { ca: ours.cert },
      'does not match certificate',
      'Name the broker as its certificate does.',
    ],
    [
      'a wish for our certificate',
      () => aBroker(theirs, { requestCert: true, ca: ours.cert }),
      { ca: theirs.cert },
      'ALERT_CERTIFICATE_REQUIRED.',
      'Set KAFKA_SSL_CERT and KAFKA_SSL_KEY to a certificate that the broker trusts, and its key.',
    ],
    [
      'no TLS',
      async () => {
        const broker = await FakeBroker.start();
        brokers.push(broker);
        return broker;
      },
      {},
      'before secure TLS connection was established.',
      'It speaks no TLS there: correct the port, or KAFKA_SECURITY_PROTOCOL to one without SSL.',
    ],
  ])('cuts its clients off and says once why, with %s', async (_, start, tls, reason, remedy) => {
    const broker = await start();
    const entrance = await tapBefore(broker, tls);
    for (let count = 0; count < 2; count += 1) {
      const client = aClient(entrance);
      client.socket.write(client.encode('Heartbeat', 4, heartbeat));
      await once(client.socket, 'close');
    }
    const { host, port } = broker.address;
    expect(problems).toMatchObject([{ code: 'broker-unreachable', remedy }]);
    expect(problems[0]?.message).toContain(`The broker at ${host}:${port} and the playground`);
    expect(problems[0]?.message).toContain(reason);
  });
});
