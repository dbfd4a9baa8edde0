import type { Socket } from 'node:net';
import { PlaygroundError } from '../../engine/index.ts';
import type { Security } from '../security.ts';
import type { Address } from '../wire/addresses.ts';
import { asBody, asList, asNumber, asText, type WireBody } from '../wire/codec.ts';
import { APIS, SIZE_BYTES, decodeResponse, encodeRequest } from '../wire/frame.ts';
import { FrameCutter } from '../wire/frame-cutter.ts';
import { connectTo } from '../wire/connect.ts';
import type { Api } from '../wire/schema.ts';
import { printAddress } from '../wire/tap.ts';
import { authenticate } from './authenticate.ts';

const DEADLINE_MS = 5_000;
const MAX_ANSWER_BYTES = 1_000_000;

interface Coordinator extends Address {
  readonly nodeId: number;
}

/** The coordinator of a group, by Kafka 3.0 or later. */
export async function findCoordinator(
  broker: Address,
  security: Security,
  group: string,
): Promise<Coordinator> {
  const body = { keyType: 0, coordinatorKeys: [group] };
  const found = await ask(broker, security, 'FindCoordinator', 4, body);
  const coordinator = asBody(asList(found['coordinators'])[0] ?? {});
  return {
    nodeId: asNumber(coordinator['nodeId']),
    host: asText(coordinator['host']),
    port: asNumber(coordinator['port']),
  };
}

/**
 * One request on a connection of its own; gives the body of the answer.
 *
 * @throws PlaygroundError `broker-failed` when nothing answers.
 */
export async function ask(
  address: Address,
  { tls, sasl }: Security,
  apiName: string,
  version: number,
  body: WireBody,
): Promise<WireBody> {
  const api = APIS.find(({ name }) => name === apiName);
  if (api === undefined) throw new Error(`bug: ${apiName} is not in the table`);
  const socket = connectTo(address, tls);
  const timer = setTimeout(() => {
    socket.destroy(new Error(`nothing within ${DEADLINE_MS} ms`));
  }, DEADLINE_MS);
  const frames = framesOf(socket);
  const exchange = async (asked: Api, asVersion: number, said: WireBody): Promise<WireBody> => {
    const header = { correlationId: 1, clientId: 'playground' };
    socket.write(encodeRequest(asked, { version: asVersion, header, body: said }));
    const { value: frame } = await frames.next();
    if (frame === undefined) throw new Error('the connection was closed');
    const decoded = decodeResponse(asked, asVersion, frame);
    if (!decoded.ok) throw new Error(decoded.problem);
    return decoded.value.body;
  };
  try {
    if (sasl !== null) await authenticate(sasl, exchange);
    return await exchange(api, version, body);
  } catch (error) {
    throw new PlaygroundError(
      'broker-failed',
      `The broker at ${printAddress(address)} did not answer ${apiName}: ${error instanceof Error ? error.message : String(error)}`,
      'See whether it still runs and what it logs, then start the run again.',
      error,
    );
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function* framesOf(socket: Socket): AsyncGenerator<Buffer, undefined> {
  const cutter = new FrameCutter<true>({
    headBytes: SIZE_BYTES,
    maxBytes: MAX_ANSWER_BYTES,
    judge: () => true,
  });
  for await (const chunk of socket) {
    for (const { frame, bytes } of cutter.push(chunk as Buffer)) if (frame !== null) yield bytes;
  }
}
