import {
  CLIENT_KINDS,
  PlaygroundError,
  clientCannot,
  simulate,
  withClient,
  type ClientKind,
  type Scenario,
} from '../../engine/index.ts';
import { refuseUnrunnable } from '../run/refuse.ts';

/** The client that plays all members of a scenario; null where there are several. */
export const ownClientOf = ({ members }: Scenario): ClientKind | null =>
  CLIENT_KINDS.find((kind) => members.every(({ client }) => client === kind)) ?? null;

/** One combination of the matrix: a scenario as it would be run, or why it would mean nothing. */
export type Cell =
  | { readonly type: 'runnable'; readonly scenario: Scenario }
  | { readonly type: 'notApplicable'; readonly reason: string };

/**
 * What a scenario is when a client plays it on a version of Kafka. Not applicable is what the client or
 * the broker lacks, where the scenario is about that; a plain assignor that the client does not have is
 * replaced by its own.
 */
export function cellOf(scenario: Scenario, client: ClientKind, kafka: string): Cell {
  const { scenario: played, leftOut } = withClient(scenario, client);
  const reason =
    lackOfBroker(scenario, kafka) ??
    lackOfClient(scenario, client, leftOut) ??
    refusalOf(() => {
      refuseUnrunnable(played, 'maven', kafka);
      simulate(played);
    });
  return reason === null
    ? { type: 'runnable', scenario: played }
    : { type: 'notApplicable', reason };
}

const settingsOf = ({ members }: Scenario, key: string): ReadonlySet<string> =>
  new Set(members.map(({ config }) => String(config[key] ?? '')));

function lackOfBroker(scenario: Scenario, kafka: string): string | null {
  const isOld = Number(kafka.split('.')[0]) < 4;
  return isOld && settingsOf(scenario, 'group.protocol').has('consumer')
    ? 'KIP-848 is for production since Kafka 4.0'
    : null;
}

const STRATEGY = 'partition.assignment.strategy';

/** Settings that a scenario which has them is about. */
const ESSENTIAL = ['group.protocol', 'group.instance.id', 'max.poll.interval.ms'];

/** Assignors that give nearly what any other plain one gives. */
const PLAIN_ASSIGNORS: ReadonlySet<string> = new Set(['', 'range', 'roundrobin']);

function lackOfClient(
  scenario: Scenario,
  client: ClientKind,
  leftOut: readonly string[],
): string | null {
  const cannot = scenario.script.find((command) => clientCannot(client, command.do));
  if (cannot !== undefined) return `${client} has no call for ${cannot.do}`;
  const keys = leftOut.map((text) => text.replace(/^.*: /, ''));
  const essential = keys.find((key) => ESSENTIAL.includes(key) || key.startsWith('work.'));
  if (essential !== undefined) return `${client} has no ${essential}`;
  const strategies = settingsOf(scenario, STRATEGY);
  const special = [...strategies]
    .flatMap((names) => names.split(','))
    .find((name) => !PLAIN_ASSIGNORS.has(name.trim()));
  if (keys.includes(STRATEGY)) {
    if (special !== undefined) return `${client} has no ${special} assignor`;
    if (strategies.size > 1) return `${client} has only one assignor`;
  }
  return client === 'librdkafka' && special === 'sticky'
    ? `${client} has no sticky assignor`
    : null;
}

function refusalOf(act: () => void): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof PlaygroundError) return error.message.replace(/\.$/, '');
    throw error;
  }
}
