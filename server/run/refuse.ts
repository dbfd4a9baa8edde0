import {
  PlaygroundError,
  clientCannot,
  memberCommanded,
  type Scenario,
} from '../../engine/index.ts';
import type { Broker } from '../broker/broker.ts';

/**
 * Refuses what cannot be run on a real broker here, before anything starts.
 *
 * @throws PlaygroundError `scenario-unsupported`, naming the JSON path.
 */
export function refuseUnrunnable(scenario: Scenario, brokerKind: Broker['kind'] | 'none'): void {
  scenario.script.forEach((command, index) => {
    const path = `$.script[${index}].do is "${command.do}"`;
    const name = memberCommanded(command);
    const member = scenario.members.find((candidate) => candidate.name === name);
    if (member !== undefined && clientCannot(member.client, command.do)) {
      refuse(
        `${path}, which ${member.client}’s consumer cannot do while it runs`,
        'Remove the command, or play the member by another client.',
      );
    }
    if (command.do === 'restartBroker' && brokerKind !== 'maven' && brokerKind !== 'none') {
      refuse(
        `${path}, and only a broker that is started here from Maven can be restarted`,
        'Unset KAFKA_BROKERS and install a JDK and Maven, or simulate the scenario.',
      );
    }
    if (process.platform === 'win32' && (command.do === 'freeze' || command.do === 'thaw')) {
      refuse(
        `${path}, which stops a process by a signal that Windows does not have`,
        'Run it on Linux or macOS, or simulate the scenario.',
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
