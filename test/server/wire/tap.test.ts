import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../server/wire/addresses.ts';
import type { WireBody } from '../../../server/wire/codec.ts';
import type { Exchange } from '../../../server/wire/exchange.ts';
import { encodeRequest, encodeResponse } from '../../../server/wire/frame.ts';
import { Tap } from '../../../server/wire/tap.ts';
import { FakeBroker, FakeClient } from './fake-broker.ts';
import { apiNamed, readGoldenFrames } from './golden.ts';

let broker: FakeBroker;
let tap: Tap;
let exchanges: Exchange[];
const clients: Socket[] = [];

beforeEach(async () => {
  exchanges = [];
  broker = await FakeBroker.start();
  tap = await Tap.open({
    to: [broker.address],
    onExchange: (exchange) => {
      exchanges.push(exchange);
    },
  });
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await tap.close();
  await broker.stop();
});

function entrance(): Address {
  const [address] = tap.addresses;
  if (address === undefined) throw new Error('The tap has no address.');
  return address;
}

function aClient(address = entrance()): FakeClient {
  const client = new FakeClient(address);
  clients.push(client.socket);
  return client;
}

/** A connection that speaks no Kafka. */
function aSocket(): Socket {
  const socket = connect(entrance());
  socket.on('error', () => undefined);
  clients.push(socket);
  return socket;
}

async function receive(socket: Socket, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes;
}

const heartbeat = { groupId: 'g', generationId: 3, memberId: 'C1-1' };

const head = { correlationId: 1, clientId: 'C1' };

const aHeartbeatFrame = (): Buffer =>
  encodeRequest(apiNamed('Heartbeat'), { version: 4, header: head, body: heartbeat });

function aLeaveGroupOfMany(): Buffer {
  const body = { groupId: 'g', members: [] };
  const frame = Buffer.from(
    encodeRequest(apiNamed('LeaveGroup'), { version: 3, header: head, body }),
  );
  frame.writeInt32BE(0x7fff_ffff, frame.length - 4);
  return frame;
}

describe('the tap', () => {
  it('passes a request and its answer, and tells of both as a recording does', async () => {
    broker.answer = () => ({ errorCode: 27 });
    expect(await aClient().ask('Heartbeat', 4, heartbeat)).toEqual({
      throttleTimeMs: 0,
      errorCode: 27,
    });
    expect(exchanges).toEqual([
      {
        clientId: 'C1',
        api: 'Heartbeat',
        version: 4,
        request: { ...heartbeat, groupInstanceId: null },
        response: { throttleTimeMs: 0, errorCode: 27 },
        errors: ['REBALANCE_IN_PROGRESS'],
        startedMs: expect.any(Number) as number,
        tookMs: expect.any(Number) as number,
      },
    ]);
  });

  it('takes bytes one by one, and several frames at once', async () => {
    broker.answer = () => ({ errorCode: 0 });
    const client = aClient();
    client.socket.setNoDelay(true);
    for (const byte of client.encode('Heartbeat', 4, heartbeat)) {
      client.socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await client.nextFrame();
    const both = [
      client.encode('Heartbeat', 4, heartbeat),
      client.encode('Heartbeat', 0, heartbeat),
    ];
    client.socket.write(Buffer.concat(both));
    await client.nextFrame();
    await client.nextFrame();
    expect(exchanges.map(({ version }) => version)).toEqual([4, 4, 0]);
  });

  describe.each([
    ['Metadata', 12, (node: Address) => ({ brokers: [{ nodeId: 1, ...node }] })],
    ['Metadata', 1, (node: Address) => ({ brokers: [{ nodeId: 1, ...node }] })],
    ['FindCoordinator', 2, (node: Address) => ({ nodeId: 1, ...node })],
    ['FindCoordinator', 6, (node: Address) => ({ coordinators: [{ nodeId: 1, ...node }] })],
    ['DescribeCluster', 1, (node: Address) => ({ brokers: [{ brokerId: 1, ...node }] })],
  ] as const)('with a %s version %i', (api, version, bodyWith) => {
    it('names itself instead of the broker that the answer names', async () => {
      broker.answer = () => bodyWith(broker.address);
      expect(await aClient().ask(api, version, {})).toMatchObject(bodyWith(entrance()));
    });

    it('opens a place for a broker that it has not seen, and leads there', async () => {
      const other = await FakeBroker.start();
      broker.answer = () => bodyWith(other.address);
      other.answer = () => ({ errorCode: 25 });
      const answer = await aClient().ask(api, version, {});
      const node = [answer['brokers'], answer['coordinators'], [answer]].find(
        Array.isArray,
      ) as readonly WireBody[];
      const { host, port } = node[0] as unknown as Address;
      expect(port).not.toBe(other.address.port);
      expect(port).not.toBe(entrance().port);
      const second = aClient({ host, port });
      expect(await second.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 25 });
      await other.stop();
    });
  });

  it.each(['Produce', 'Fetch', 'ShareFetch', 'ShareAcknowledge'])(
    'changes the addresses of new leaders in an answer to %s',
    async (name) => {
      const api = apiNamed(name);
      const version = api.response.versions.to;
      const nodes = (node: Address): WireBody => ({ nodeEndpoints: [{ nodeId: 2, ...node }] });
      broker.answer = () => nodes(broker.address);
      const client = aClient();
      // The request is not read, so any body will do.
      const request = Buffer.alloc(12);
      request.writeInt32BE(8);
      request.writeInt16BE(api.key, 4);
      request.writeInt16BE(version, 6);
      request.writeInt32BE(9, 8);
      client.socket.write(request);
      const expected = { version, header: { correlationId: 9 }, body: nodes(entrance()) };
      const hex = (await client.nextFrame()).toString('hex');
      expect(hex).toBe(encodeResponse(api, { ...expected }).toString('hex'));
    },
  );

  it('leaves an answer alone that names no coordinator', async () => {
    broker.answer = () => ({ errorCode: 15, nodeId: -1, host: '', port: -1 });
    expect(await aClient().ask('FindCoordinator', 2, { key: 'g' })).toMatchObject({
      errorCode: 15,
      host: '',
      port: -1,
    });
  });

  it('tells of the broker’s own addresses', async () => {
    const node = { nodeId: 1, ...broker.address };
    broker.answer = () => node;
    await aClient().ask('FindCoordinator', 2, { key: 'g' });
    expect(exchanges[0]?.response).toMatchObject(node);
  });

  it('offers no version that it cannot read', async () => {
    const api = (apiKey: number, maxVersion: number): WireBody => ({
      apiKey,
      minVersion: 0,
      maxVersion,
    });
    broker.answer = () => ({ apiKeys: [api(3, 14), api(11, 7), api(1_000, 5)] });
    const { apiKeys } = await aClient().ask('ApiVersions', 3, {});
    expect(apiKeys).toEqual([api(3, 13), api(11, 7), api(1_000, 5)]);
  });

  it('offers no Fetch whose answers it would have to hold', async () => {
    broker.answer = () => ({ apiKeys: [{ apiKey: 1, minVersion: 4, maxVersion: 18 }] });
    const { apiKeys } = await aClient().ask('ApiVersions', 3, {});
    expect(apiKeys).toEqual([{ apiKey: 1, minVersion: 4, maxVersion: 15 }]);
  });

  it('passes an answer unchanged that it cannot read', async () => {
    const broken = Buffer.alloc(30, 0x7f);
    broken.writeInt32BE(26);
    broken.writeInt32BE(1, 4);
    broker.answer = () => broken;
    const client = aClient();
    client.socket.write(client.encode('Metadata', 12, {}));
    expect(await client.nextFrame()).toEqual(broken);
    broker.answer = () => ({ errorCode: 0 });
    expect(await client.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
  });

  it('knows the answers after a request that gets none, as a Produce with acks=0', async () => {
    broker.answer = ({ api }) => (api === 'Heartbeat' ? { errorCode: 0 } : null);
    const client = aClient();
    const produce = Buffer.from('00000008000000090000ffff', 'hex');
    client.socket.write(produce);
    await client.ask('Heartbeat', 4, heartbeat);
    expect(exchanges.map(({ api }) => api)).toEqual(['Heartbeat']);
  });

  it('passes what is not Kafka’s both ways, whoever speaks first', async () => {
    const echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('hi');
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    const own = await Tap.open({ to: [{ host: '127.0.0.1', port }], onExchange: () => undefined });
    const socket = connect(own.addresses[0] ?? { port: 0 });
    expect((await receive(socket, 2)).toString()).toBe('hi');
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    socket.write(hello);
    expect(await receive(socket, hello.length)).toEqual(hello);
    socket.destroy();
    await own.close();
    echo.close();
  });

  it('passes damaged frames as they are', async () => {
    broker.answer = ({ frame }) => Buffer.from(frame);
    const client = aClient();
    let seed = 1;
    for (const golden of readGoldenFrames().filter(({ kind }) => kind === 'request')) {
      const frame = Buffer.from(golden.hex, 'hex');
      // The head stays, so that it is read as a request and as the answer to it.
      for (let at = 12 + (seed % 7); at < frame.length; at += 11) frame[at] = (seed += 31) % 256;
      frame.writeInt32BE(frame.readInt32BE(4), 8);
      client.socket.write(frame);
      expect(await client.nextFrame()).toEqual(frame);
    }
  });

  it.each([
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['the hello of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a negative length', Buffer.from('ffffffff000b0004', 'hex')],
    ['a length of two gigabytes', Buffer.from('7fffffff000b000400000001', 'hex')],
    [
      'the largest length that Kafka takes, and little else',
      Buffer.from('06400000000b0004', 'hex'),
    ],
    ['half a frame', aHeartbeatFrame().subarray(0, 17)],
    ['a frame that claims more members than it has bytes', aLeaveGroupOfMany()],
    ['zeros', Buffer.alloc(100_000)],
    ['ones', Buffer.alloc(100_000, 0xff)],
  ])(
    'lives when a client sends %s and hangs up, and serves another meanwhile',
    async (_, bytes) => {
      broker.answer = ({ api }) => (api === 'Heartbeat' ? { errorCode: 0 } : null);
      const other = aClient();
      await other.ask('Heartbeat', 4, heartbeat);
      const hostile = aSocket();
      hostile.write(bytes);
      // Answered through the same process, which has read the bytes by then.
      expect(await other.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
      hostile.resetAndDestroy();
      expect(await other.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
      expect(await aClient().ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
    },
  );

  it('lives when 500 damaged requests come, each on a connection of its own', async () => {
    broker.answer = ({ api }) => (api === 'Heartbeat' ? { errorCode: 0 } : null);
    const other = aClient();
    const golden = readGoldenFrames().filter(({ kind }) => kind === 'request');
    for (let count = 0; count < 500; count += 1) {
      const frame = Buffer.from(golden[(count * 37) % golden.length]?.hex ?? '', 'hex');
      // The length stays in every other one, so that half of them are read as frames.
      for (let at = count % 2 === 0 ? 4 : 0; at < frame.length; at += 1 + (count % 13)) {
        frame[at] = (at * 31 + count) % 256;
      }
      const hostile = aSocket();
      await once(hostile, 'connect');
      hostile.end(frame);
      if (count % 50 === 0) {
        expect(await other.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
      }
    }
    expect(await other.ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
  });

  it.each([
    ['a port that is none', { host: '127.0.0.1', port: 70_000 }],
    ['a name that is none', { host: 'no\0name', port: 9092 }],
    ['a name that nobody has', { host: 'nobody.invalid', port: 9092 }],
  ])('lives when a broker advertises %s and a client goes there', async (_what, node) => {
    broker.answer = () => ({ nodeId: 1, ...node });
    const client = aClient();
    const answer = await client.ask('FindCoordinator', 2, { key: 'g' });
    const { host, port } = answer as unknown as Address;
    if (port !== node.port) {
      const lost = connect({ host, port });
      lost.on('error', () => undefined);
      await once(lost, 'close');
    }
    expect(await client.ask('FindCoordinator', 2, { key: 'g' })).toMatchObject({ nodeId: 1 });
  });

  it('closes to the broker when the client is gone', async () => {
    broker.answer = () => ({ errorCode: 0 });
    const client = aClient();
    await client.ask('Heartbeat', 4, heartbeat);
    const [socket] = broker.sockets;
    if (socket === undefined) throw new Error('The broker has no connection.');
    client.socket.destroy();
    await once(socket, 'close');
  });

  it('passes the last bytes of a broker before it closes to the client', async () => {
    const client = aClient();
    broker.answer = () => {
      for (const socket of broker.sockets) socket.end(Buffer.from('0000000800', 'hex'));
      return null;
    };
    const closed = once(client.socket, 'close');
    const bytes = receive(client.socket, 5);
    client.socket.write(client.encode('Heartbeat', 4, heartbeat));
    expect((await bytes).toString('hex')).toBe('0000000800');
    await closed;
  });

  it('closes while the broker is down, and works again when it is back', async () => {
    const { port } = broker.address;
    await broker.stop();
    await once(aSocket(), 'close');
    broker = await FakeBroker.start(port);
    broker.answer = () => ({ errorCode: 0 });
    expect(await aClient().ask('Heartbeat', 4, heartbeat)).toMatchObject({ errorCode: 0 });
  });

  it('takes no more from the broker than the client takes from it', async () => {
    const client = aSocket();
    await once(client, 'connect');
    while (broker.sockets.size === 0) await new Promise(setImmediate);
    const [socket] = broker.sockets;
    if (socket === undefined) throw new Error('The broker has no connection.');
    const chunk = Buffer.alloc(1 << 20);
    let writtenBytes = 0;
    // Kernels hold some megabytes; the tap is to add little to that.
    while (writtenBytes < 1 << 28) {
      if (!socket.write(chunk)) {
        for (let turns = 0; socket.writableNeedDrain && turns < 5_000; turns += 1) {
          await new Promise(setImmediate);
        }
        if (socket.writableNeedDrain) break;
      }
      writtenBytes += chunk.length;
    }
    expect(writtenBytes).toBeLessThan(1 << 26);
  });

  it('says which port cannot be had', async () => {
    await expect(
      Tap.open({ to: [broker.address], listen: entrance(), onExchange: () => undefined }),
    ).rejects.toThrow(`Nothing can listen at 127.0.0.1:${entrance().port}.`);
  });
});
