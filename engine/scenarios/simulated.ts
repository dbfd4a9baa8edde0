import { PlaygroundError } from '../errors.ts';
import { printPath } from '../parsing.ts';
import type { Scenario, ScenarioMember, TimedCommand } from './scenario.ts';

/**
 * Refuses what Kafka can do and the simulator cannot yet, before anything runs.
 *
 * @throws PlaygroundError `scenario-unsupported`, naming the JSON path.
 */
export function refuseUnsimulated(scenario: Scenario): void {
  scenario.members.forEach((member, index) => {
    const found = unsimulatedIn(member);
    if (found !== null) refuse(['members', index, ...found.path], found.problem);
  });
  scenario.script.forEach((command, index) => {
    const problem = unsimulatedCommand(scenario, command);
    if (problem !== null) refuse(['script', index, 'do'], problem);
  });
}

function refuse(path: readonly (string | number)[], problem: string): never {
  throw new PlaygroundError(
    'scenario-unsupported',
    `The simulator cannot play this scenario yet: ${printPath(path)} ${problem}.`,
    'Change it, or run the scenario on a real broker.',
  );
}

interface Found {
  readonly path: readonly string[];
  readonly problem: string;
}

function unsimulatedIn({ client, config }: ScenarioMember): Found | null {
  if (client === 'librdkafka') {
    return { path: ['client'], problem: 'is "librdkafka"; java and kafkajs are simulated' };
  }
  const isGiven = (key: string): boolean => String(config[key] ?? '') !== '';
  if (String(config['group.protocol'] ?? 'classic').toLowerCase() !== 'classic') {
    return setting('group.protocol', 'asks for KIP-848; only classic groups are simulated');
  }
  if (isGiven('group.instance.id')) {
    return setting('group.instance.id', 'makes a static member; only dynamic ones are simulated');
  }
  const strategy = 'partition.assignment.strategy';
  const first =
    String(config[strategy] ?? 'range')
      .split(',')[0]
      ?.trim() ?? '';
  if (client === 'java' && !/^range$|\.RangeAssignor$/.test(first)) {
    return setting(strategy, `prefers "${first}"; only range is simulated`);
  }
  return null;
}

const setting = (key: string, problem: string): Found => ({ path: ['config', key], problem });

/** Commands without a rule in the engine yet. */
const UNSIMULATED: readonly TimedCommand['do'][] = ['unsubscribe', 'removeMember', 'restartBroker'];
/** What kafkajs's consumer has no call for. */
const NOT_IN_KAFKAJS: readonly TimedCommand['do'][] = ['commit', 'subscribe', 'enforceRebalance'];

function unsimulatedCommand(scenario: Scenario, command: TimedCommand): string | null {
  if (UNSIMULATED.includes(command.do)) return `is "${command.do}", which is not simulated`;
  if (!NOT_IN_KAFKAJS.includes(command.do) || !('member' in command)) return null;
  const member = scenario.members.find(({ name }) => name === command.member);
  return member?.client === 'kafkajs'
    ? `is "${command.do}", which kafkajs's consumer cannot do while it runs`
    : null;
}
