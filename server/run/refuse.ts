import {
  PlaygroundError,
  clientCannot,
  groupProtocolOf,
  isVersionBefore,
  memberCommanded,
  type ClientKind,
  type Scenario,
} from '../../engine/index.ts';
import { brokerCountOf, type Broker } from '../broker/broker.ts';

const EVERYBODY: readonly string[] = ['perRecordMs', 'commitInRevoked'];

/** The ways to work that the processes of each client's members know. */
const WORK: Readonly<Record<ClientKind, readonly string[]>> = {
  java: [...EVERYBODY, 'listenerThrows', 'lostCallsRevoked', 'commit'],
  librdkafka: EVERYBODY,
  // It has no revoked callback, so nothing is left undone.
  kafkajs: EVERYBODY,
};

const SIMULATE = 'or simulate the scenario.';

/** The first version whose brokers have the consumer protocol without being told to. */
const CONSUMER_PROTOCOL_SINCE = '4.0.0';

/** Each member is a process of this machine. */
const MAX_MEMBERS = 32;
const MAX_RUN_MS = 600_000;

/**
 * Refuses what cannot be run on a real broker here, before anything starts.
 *
 * @param kafkaVersion of a broker of ours; nobody knows that of somebody else's.
 * @throws PlaygroundError `scenario-unsupported`, naming the JSON path.
 */
export function refuseUnrunnable(
  scenario: Scenario,
  brokerKind: Broker['kind'] | 'none',
  kafkaVersion: string,
): void {
  if (scenario.members.length > MAX_MEMBERS) {
    refuse(
      `$.members has ${scenario.members.length} members, and ${MAX_MEMBERS} processes are the most here`,
      `Leave members out, ${SIMULATE}`,
    );
  }
  if (scenario.untilMs > MAX_RUN_MS) {
    refuse(
      `$.untilMs is ${scenario.untilMs}, and a run takes ${MAX_RUN_MS} ms, which is ten minutes, at most`,
      `Make it shorter, ${SIMULATE}`,
    );
  }
  scenario.topics.forEach(({ racks }, index) => {
    if (racks === undefined) return;
    refuse(
      `$.topics[${index}].racks says where replicas are, which is not for us to choose live`,
      `Remove the racks, ${SIMULATE}`,
    );
  });
  if (brokerKind !== 'foreign' && isVersionBefore(kafkaVersion, CONSUMER_PROTOCOL_SINCE)) {
    const index = scenario.members.findIndex((member) => groupProtocolOf(member) === 'consumer');
    if (index >= 0) {
      refuse(
        `$.members[${index}].config["group.protocol"] is consumer, which Kafka ${kafkaVersion} has as early access only (KIP-848)`,
        `Choose Kafka ${CONSUMER_PROTOCOL_SINCE} or later by --kafka-version or KAFKA_VERSION, ${SIMULATE}`,
      );
    }
  }
  scenario.members.forEach(({ client, work }, index) => {
    const way = Object.keys(work).find((key) => !WORK[client].includes(key));
    if (way === undefined) return;
    refuse(
      `$.members[${index}].work.${way} is a way to work that ${client} members do not have live`,
      `Remove it, ${SIMULATE}`,
    );
  });
  scenario.script.forEach((command, index) => {
    const path = `$.script[${index}].do is "${command.do}"`;
    const name = memberCommanded(command);
    const client = scenario.members.find((candidate) => candidate.name === name)?.client;
    if (client !== undefined && clientCannot(client, command.do)) {
      refuse(
        `${path}, which ${client}’s consumer cannot do while it runs`,
        'Remove the command, or play the member by another client.',
      );
    }
    if (client !== 'java' && command.do === 'close' && 'groupMembershipOperation' in command) {
      refuse(
        `$.script[${index}].groupMembershipOperation is an option of Java’s close() only`,
        'Remove it, or play the member by java.',
      );
    }
    if (command.do === 'moveCoordinator' && brokerKind !== 'maven' && brokerKind !== 'none') {
      refuse(
        `${path}, which takes three brokers, and those are started here from Maven only`,
        `Unset KAFKA_BROKERS and install a JDK and Maven, ${SIMULATE}`,
      );
    }
    if (command.do === 'restartBroker' && brokerCountOf(scenario) > 1) {
      refuse(
        `${path}, and beside moveCoordinator there are other brokers, one of which would be the coordinator at once`,
        `Remove either command, ${SIMULATE}`,
      );
    }
    if (command.do === 'restartBroker' && brokerKind !== 'maven' && brokerKind !== 'none') {
      refuse(
        `${path}, and only a broker that is started here from Maven can be restarted`,
        `Unset KAFKA_BROKERS and install a JDK and Maven, ${SIMULATE}`,
      );
    }
    if (process.platform === 'win32' && (command.do === 'freeze' || command.do === 'thaw')) {
      refuse(
        `${path}, which stops a process by a signal that Windows does not have`,
        `Run it on Linux or macOS, ${SIMULATE}`,
      );
    }
  });
}

function refuse(problem: string, remedy: string): never {
  throw new PlaygroundError(
    'scenario-unsupported',
    `This scenario cannot be run live: ${problem}.`,
    remedy,
  );
}
