import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Faults, asMemberName } from '../../../engine/index.ts';
import type { FaultCommand } from '../../../engine/scenarios/scenario.ts';
import { errorAnswer } from '../../../server/wire/faults-on-wire.ts';
import { decodeResponse, encodeRequest } from '../../../server/wire/frame.ts';
import { Tap } from '../../../server/wire/tap.ts';
import { FakeBroker, FakeClient } from './fake-broker.ts';
import { apiNamed } from './golden.ts';

const C1 = asMemberName('C1');
const heartbeat = { groupId: 'g', generationId: 3, memberId: 'C1-1' };

let broker: FakeBroker;
let tap: Tap;
let client: FakeClient;
let faults: Faults;
let heard: string[];
let told: string[];

beforeEach(async () => {
  heard = [];
  told = [];
  faults = new Faults();
  broker = await FakeBroker.start();
  broker.answer = ({ api }) => {
    heard.push(api);
    return { errorCode: 0 };
  };
  tap = await Tap.open({
    to: [broker.address],
    onExchange: ({ api, errors }) => told.push([api, ...errors].join(' ')),
    faults,
  });
  const [address] = tap.addresses;
  if (address === undefined) throw new Error('The tap has no address.');
  client = new FakeClient(address);
});
afterEach(async () => {
  client.socket.destroy();
  await tap.close();
  await broker.stop();
});

const begin = (fault: FaultCommand): void => {
  faults.add(fault, Date.now());
};
const answer = (count: number): FaultCommand => ({
  do: 'answer',
  member: C1,
  api: 'Heartbeat',
  errorCode: 'ILLEGAL_GENERATION',
  count,
});

describe('a tap with faults', () => {
  it('answers in the broker’s place, and tells of it as of any exchange', async () => {
    begin(answer(1));
    expect(await client.ask('Heartbeat', 4, heartbeat)).toEqual({
      throttleTimeMs: 0,
      errorCode: 22,
    });
    expect(await client.ask('Heartbeat', 4, heartbeat)).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
    });
    expect(heard).toEqual(['Heartbeat']);
    expect(told).toEqual(['Heartbeat ILLEGAL_GENERATION', 'Heartbeat']);
  });

  it('gives its own answers in the order of the requests', async () => {
    begin(answer(1));
    const sync = client.encode('SyncGroup', 5, { ...heartbeat, assignments: [] });
    const frames = [client.nextFrame(), client.nextFrame()];
    client.socket.write(Buffer.concat([sync, client.encode('Heartbeat', 4, heartbeat)]));
    const order = await Promise.all(frames);
    expect(order.map((frame) => frame.readInt32BE(4))).toEqual([1, 2]);
  });

  it('passes nothing behind a request that is dropped, also when the time is over', async () => {
    begin({ do: 'drop', member: C1, api: 'Heartbeat', forMs: 60_000 });
    await client.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] });
    client.socket.write(client.encode('Heartbeat', 4, heartbeat));
    client.socket.end(client.encode('SyncGroup', 5, { ...heartbeat, assignments: [] }));
    await once(client.socket, 'close');
    expect(heard).toEqual(['FindCoordinator']);
  });

  it('closes the connections of a client that is cut, and of none else', async () => {
    await client.ask('Heartbeat', 4, heartbeat);
    tap.cut('C2');
    await client.ask('Heartbeat', 4, heartbeat);
    tap.cut('C1');
    await once(client.socket, 'close');
    expect(heard).toEqual(['Heartbeat', 'Heartbeat']);
  });

  it('closes a new connection of who is cut off, as soon as it says whose it is', async () => {
    begin({ do: 'cut', member: C1, forMs: 60_000 });
    client.socket.write(client.encode('Heartbeat', 4, heartbeat));
    await once(client.socket, 'close');
    expect(heard).toEqual([]);
  });

  it('brings what is late in its order', async () => {
    begin({ do: 'delay', member: C1, api: 'Heartbeat', byMs: 30, forMs: 60_000 });
    const sync = client.encode('SyncGroup', 5, { ...heartbeat, assignments: [] });
    const frames = [client.nextFrame(), client.nextFrame()];
    client.socket.write(Buffer.concat([client.encode('Heartbeat', 4, heartbeat), sync]));
    await Promise.all(frames);
    expect(heard).toEqual(['Heartbeat', 'SyncGroup']);
  });
});

describe('an answer in the broker’s place', () => {
  const requests = [
    ['FindCoordinator', { key: 'g', coordinatorKeys: ['g'] }],
    ['JoinGroup', { groupId: 'g' }],
    ['SyncGroup', { groupId: 'g' }],
    ['Heartbeat', { groupId: 'g' }],
    ['LeaveGroup', { groupId: 'g' }],
    ['OffsetCommit', { groupId: 'g', topics: [] }],
    ['OffsetFetch', { groupId: 'g', topics: [], groups: [{ groupId: 'g', topics: [] }] }],
    ['ConsumerGroupHeartbeat', { groupId: 'g' }],
  ] as const;

  it.each(requests)('is one of %s in every version that is known', (name, body) => {
    const api = apiNamed(name);
    const { from, to } = api.request?.versions ?? { from: 0, to: -1 };
    for (let version = from; version <= to; version += 1) {
      const header = { correlationId: 7, clientId: 'C1' };
      const answered = errorAnswer(
        encodeRequest(api, { version, header, body }),
        'NOT_COORDINATOR',
      );
      const decoded = decodeResponse(api, version, answered ?? Buffer.alloc(0));
      expect(decoded.ok && decoded.value.header['correlationId']).toBe(7);
      const isWithCode = name !== 'OffsetCommit' && !(name === 'OffsetFetch' && version < 2);
      expect(JSON.stringify(decoded).includes('"errorCode":16')).toBe(isWithCode);
    }
  });

  it('names the partitions that a commit was about', () => {
    const partitions = [{ partitionIndex: 3, committedOffset: 9, committedMetadata: null }];
    const request = encodeRequest(apiNamed('OffsetCommit'), {
      version: 8,
      header: { correlationId: 7, clientId: 'C1' },
      body: { groupId: 'g', topics: [{ name: 'orders', partitions }] },
    });
    const answered = errorAnswer(request, 'REBALANCE_IN_PROGRESS') ?? Buffer.alloc(0);
    const decoded = decodeResponse(apiNamed('OffsetCommit'), 8, answered);
    expect(decoded.ok && decoded.value.body['topics']).toEqual([
      { name: 'orders', partitions: [{ partitionIndex: 3, errorCode: 27 }] },
    ]);
  });
});
