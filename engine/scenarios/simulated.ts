import { PlaygroundError } from '../errors.ts';
import { printPath } from '../parsing.ts';
import type { ClientKind } from '../protocol/config.ts';
import { groupProtocolOf } from './member-settings.ts';
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

/** Ways to work that are simulated for Java's classic consumer only. */
const CLASSIC_JAVA_WORK = [
  'listenerThrows',
  'lostCallsRevoked',
  'commit',
  'workers',
  'checkpoints',
] as const;

const isClassicJava = (member: ScenarioMember): boolean =>
  member.client === 'java' && groupProtocolOf(member) === 'classic';

const ONLY_CLASSIC_JAVA = 'which is simulated for java in a classic group only';

function unsimulatedIn(member: ScenarioMember): Found | null {
  const { client, config, work } = member;
  const unable = CLASSIC_JAVA_WORK.find((key) => work[key] !== undefined && work[key] !== false);
  if (unable !== undefined && !isClassicJava(member)) {
    return { path: ['work', unable], problem: `is a way to work ${ONLY_CLASSIC_JAVA}` };
  }
  const reset = 'auto.offset.reset';
  if (String(config[reset] ?? '').startsWith('by_duration')) {
    return setting(reset, 'goes by the age of records, which the simulator does not have');
  }
  if (groupProtocolOf(member) === 'consumer') {
    if (client === 'java') return null;
    return setting('group.protocol', `is consumer, which is simulated for java, not for ${client}`);
  }
  // librdkafka has its own assignors, and its constructor refuses what it does not know.
  if (client === 'librdkafka') return null;
  const strategy = 'partition.assignment.strategy';
  const unknown = String(config[strategy] ?? 'range')
    .split(',')
    .find((name) => !SIMULATED_ASSIGNORS.test(name.trim()));
  return unknown === undefined
    ? null
    : setting(strategy, `names "${unknown.trim()}", which the simulator does not know`);
}

const SIMULATED_ASSIGNORS =
  /(^|\.)(range|roundrobin|sticky|cooperative-sticky|(Range|RoundRobin|Sticky|CooperativeSticky)Assignor)$/;

const setting = (key: string, problem: string): Found => ({ path: ['config', key], problem });

/** What a client's consumer has no call for, at least while it runs. */
const NOT_IN_CLIENT: Readonly<Record<ClientKind, readonly TimedCommand['do'][]>> = {
  java: [],
  librdkafka: ['enforceRebalance', 'wakeup'],
  kafkajs: ['commit', 'subscribe', 'unsubscribe', 'enforceRebalance', 'wakeup'],
};

/** Whether members of this client have no call for a command, at least while they run. */
export const clientCannot = (client: ClientKind, command: TimedCommand['do']): boolean =>
  NOT_IN_CLIENT[client].includes(command);

function unsimulatedCommand(scenario: Scenario, command: TimedCommand): string | null {
  if (!('member' in command)) return null;
  const member = scenario.members.find(({ name }) => name === command.member);
  const isOfClassicJava =
    command.do === 'wakeup' ||
    (command.do === 'close' && (command.groupMembershipOperation ?? 'DEFAULT') !== 'DEFAULT');
  if (isOfClassicJava && member?.client === 'java' && !isClassicJava(member)) {
    return `is "${command.do}"${command.do === 'close' ? ' with a groupMembershipOperation' : ''}, ${ONLY_CLASSIC_JAVA}`;
  }
  const isWithOption = command.do === 'close' && isOfClassicJava;
  if (isWithOption && member?.client !== 'java') {
    return `is "close" with a groupMembershipOperation, ${ONLY_CLASSIC_JAVA}`;
  }
  return member !== undefined && clientCannot(member.client, command.do)
    ? `is "${command.do}", which ${member.client}’s consumer cannot do while it runs`
    : null;
}
