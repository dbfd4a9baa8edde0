import { ask, findCoordinator } from './ask.ts';
import type { Security } from '../security.ts';
import type { Address } from '../wire/addresses.ts';

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
  security: Security,
  group: string,
  members: readonly Removed[],
): Promise<void> {
  const address = await findCoordinator(broker, security, group);
  const reason = 'member was removed by an admin';
  await ask(address, security, 'LeaveGroup', 5, {
    groupId: group,
    members: members.map((member) => ({ ...member, reason })),
  });
}
