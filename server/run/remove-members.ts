import { connect } from 'node:net';
import { PlaygroundError } from '../../engine/index.ts';
import type { Address } from '../wire/addresses.ts';
import { asBody, asList, asNumber, asText, type WireBody } from '../wire/codec.ts';
import { APIS, SIZE_BYTES, decodeResponse, encodeRequest } from '../wire/frame.ts';
import { FrameCutter } from '../wire/frame-cutter.ts';
import { printAddress } from '../wire/tap.ts';

const DEADLINE_MS = 5_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** A static member by its group.instance.id, any member by its id; what is not given is empty. */
export interface Removed {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/**
 * Removes members as Admin#removeMembersFromConsumerGroup does, which kafkajs's admin has no call for.
 * What the coordinator thinks of it is in its answer, which a tap hears. The broker has to be of
 * Kafka 3.2 or later.
 *
 * Source: KafkaAdminClient#removeMembersFromConsumerGroup, RemoveMembersFromConsumerGroupHandler,
 * Kafka 4.3.1.
 *
 * @throws PlaygroundError `broker-failed` when nothing answers.
 */
export async function removeMembers(
  broker: Address,
  group: string,
  members: readonly Removed[],
): Promise<void> {
  const found = await ask(broker, 'FindCoordinator', 4, { keyType: 0, coordinatorKeys: [group] });
  const coordinator = asBody(asList(found['coordinators'])[0] ?? {});
  const address = { host: asText(coordinator['host']), port: asNumber(coordinator['port']) };
  const reason = 'member was removed by an admin';
  await ask(address, 'LeaveGroup', 5, {
    groupId: group,
    members: members.map((member) => ({ ...member, reason })),
  });
}

/** One request on a connection of its own; gives the body of the answer. */
async function ask(
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
