import { PlaygroundError, type Scenario, type TimedCommand } from '../../engine/index.ts';

/** What kafkajs's consumer has no call for, or the bridge cannot do yet. */
const NOT_LIVE: readonly TimedCommand['do'][] = [
  'commit',
  'subscribe',
  'unsubscribe',
  'enforceRebalance',
  'wakeup',
  'removeMember',
  'restartBroker',
  'moveCoordinator',
];

/** Of a member's ways to work, those that its process is told of or can do without. */
const LIVE_WORK: readonly string[] = ['perRecordMs', 'commitInRevoked'];

/**
 * Refuses what cannot be run on a real broker here, before anything starts.
 *
 * @throws PlaygroundError `scenario-unsupported`, naming the JSON path.
 */
export function refuseUnrunnable(scenario: Scenario): void {
  scenario.members.forEach(({ client, work }, index) => {
    const way = Object.keys(work).find((key) => !LIVE_WORK.includes(key));
    if (way !== undefined) {
      refuse(
        `$.members[${index}].work.${way} is a way to work that kafkajs members do not have live`,
        'Run it with `--client kafkajs`, which leaves such ways out, or simulate the scenario.',
      );
    }
    if (client === 'kafkajs') return;
    refuse(
      `$.members[${index}].client is "${client}", and only kafkajs members can be run live`,
      'Run it with `--client kafkajs`, which plays every member by kafkajs.',
    );
  });
  scenario.script.forEach((command, index) => {
    if (command.do === 'close' && command.groupMembershipOperation !== undefined) {
      refuse(
        `$.script[${index}].groupMembershipOperation is an option of close() that kafkajs does not have`,
        'Remove it, or simulate the scenario.',
      );
    }
    if (!NOT_LIVE.includes(command.do)) return;
    refuse(
      `$.script[${index}].do is "${command.do}", which kafkajs members cannot do live`,
      'Remove the command, or simulate the scenario.',
    );
  });
  scenario.topics.forEach(({ racks }, index) => {
    if (racks === undefined) return;
    refuse(
      `$.topics[${index}].racks says where replicas are, which is not for us to choose live`,
      'Remove the racks, or simulate the scenario.',
    );
  });
  if (process.platform === 'win32') {
    const index = scenario.script.findIndex(({ do: name }) => name === 'freeze' || name === 'thaw');
    if (index >= 0) {
      refuse(
        `$.script[${index}].do stops a process by a signal that Windows does not have`,
        'Run it on Linux or macOS, or simulate the scenario.',
      );
    }
  }
}

function refuse(problem: string, remedy: string): never {
  throw new PlaygroundError(
    'scenario-unsupported',
    `This scenario cannot be run live: ${problem}.`,
    remedy,
  );
}
