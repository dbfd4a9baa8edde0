import { connect } from 'node:net';
import { PlaygroundError } from '../../engine/index.ts';
import type { Address } from '../wire/addresses.ts';
import { asBody, asList, asNumber, asText, type WireBody } from '../wire/codec.ts';
import { APIS, SIZE_BYTES, decodeResponse, encodeRequest } from '../wire/frame.ts';
import { FrameCutter } from '../wire/frame-cutter.ts';
import { printAddress } from '../wire/tap.ts';

const DEADLINE_MS = 5_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** Where the coordinator of a group is, by Kafka 3.0 or later. */
export async function findCoordinator(broker: Address, group: string): Promise<Address> {
  const found = await ask(broker, 'FindCoordinator', 4, { keyType: 0, coordinatorKeys: [group] });
  const coordinator = asBody(asList(found['coordinators'])[0] ?? {});
  return { host: asText(coordinator['host']), port: asNumber(coordinator['port']) };
}

/**
 * One request on a connection of its own; gives the body of the answer.
 *
 * @throws PlaygroundError `broker-failed` when nothing answers.
 */
export async function ask(
  address: Address,
  apiName: string,
  version: number,
  body: WireBody,
): Promise<WireBody> {
  const api = APIS.find(({ name }) => name === apiName);
  if (api === undefined) throw new Error(`bug: ${apiName} is not in the table`);
  const socket = connect(address);
  const timer = setTimeout(() => {
    socket.destroy(new Error(`nothing within ${DEADLINE_MS} ms`));
  }, DEADLINE_MS);
  try {
    const header = { correlationId: 1, clientId: 'playground' };
    socket.write(encodeRequest(api, { version, header, body }));
    const cutter = new FrameCutter<true>({
      headBytes: SIZE_BYTES,
      maxBytes: MAX_ANSWER_BYTES,
      judge: () => true,
    });
    for await (const chunk of socket) {
      const answer = cutter.push(chunk as Buffer).find(({ frame }) => frame !== null);
      if (answer === undefined) continue;
      const decoded = decodeResponse(api, version, answer.bytes);
      if (!decoded.ok) throw new Error(decoded.problem);
      return decoded.value.body;
    }
    throw new Error('the connection was closed');
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
