import { BROKER_SETTINGS, type Settings } from '../protocol/config.ts';

/** What a broker would not start with: at which setting, what is wrong with it, and what to do. */
export interface BrokerProblem {
  readonly key: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Settings that hold an INT. Source: GroupCoordinatorConfig.CONFIG_DEF. */
const MOST = 2_147_483_647;

/** Texts that say one of a few things, or list some. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['group.consumer.assignors', ['uniform', 'range']],
  ['group.consumer.migration.policy', ['bidirectional', 'upgrade', 'downgrade', 'disabled']],
]);

/**
 * Brokers of the playground, recorded ones too, let members of the consumer protocol have short
 * timeouts without the scenario saying so.
 */
const LOWERED: Settings = {
  'group.consumer.min.session.timeout.ms': 1_000,
  'group.consumer.min.heartbeat.interval.ms': 500,
};

/** Which setting may not be above which other. Source: GroupCoordinatorConfig#validate. */
const ORDERED: readonly (readonly [string, string])[] = [
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  ['group.consumer.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.assignment.interval.ms', 'group.consumer.max.assignment.interval.ms'],
  ['group.consumer.min.assignment.interval.ms', 'group.consumer.assignment.interval.ms'],
  ['group.consumer.assignment.interval.ms', 'group.consumer.max.assignment.interval.ms'],
];

/**
 * The first reason for which a broker would refuse to start with these settings, whose keys and types
 * are known to be right; null when it starts.
 *
 * Source: GroupCoordinatorConfig, Kafka 4.3.1.
 */
export function brokerProblem(given: Settings): BrokerProblem | null {
  return wordProblem(given) ?? rangeProblem(given) ?? orderProblem(given);
}

function wordProblem(given: Settings): BrokerProblem | null {
  for (const [key, words] of WORDS) {
    const value = given[key];
    if (value === undefined) continue;
    const text = String(value);
    const isList = key.endsWith('assignors');
    const said = isList ? text.split(',').map((word) => word.trim()) : [text.toLowerCase()];
    const remedy = `Use one of: ${words.join(', ')}.`;
    const unknown = said.find((word) => !words.includes(word));
    if (unknown !== undefined) {
      return { key, problem: `is "${unknown}", expected ${words.join(' or ')}`, remedy };
    }
    const twice = said.find((word, index) => said.indexOf(word) !== index);
    if (twice !== undefined) {
      return { key, problem: `names "${twice}" twice`, remedy: 'Name each assignor once.' };
    }
  }
  return null;
}

function rangeProblem(given: Settings): BrokerProblem | null {
  for (const { key, type, least } of BROKER_SETTINGS) {
    const value = given[key];
    if (type !== 'integer' || value === undefined) continue;
    const number = Number(value);
    if (number >= least && number <= MOST) continue;
    return {
      key,
      problem: `is ${number}, expected a whole number from ${least} to ${MOST}`,
      remedy: 'Give a number in that range, or leave the setting out.',
    };
  }
  return null;
}

function orderProblem(given: Settings): BrokerProblem | null {
  const read = (key: string): number => Number(given[key] ?? LOWERED[key] ?? defaultOf(key));
  const heartbeat = 'group.consumer.heartbeat.interval.ms';
  const session = 'group.consumer.session.timeout.ms';
  if (read(heartbeat) >= read(session)) {
    return {
      key: heartbeat in given ? heartbeat : session,
      problem:
        heartbeat in given
          ? `is ${read(heartbeat)}, expected less than ${session}, which is ${read(session)}`
          : `is ${read(session)}, expected more than ${heartbeat}, which is ${read(heartbeat)}`,
      remedy: `Lower ${heartbeat}, or raise ${session}.`,
    };
  }
  for (const [low, high] of ORDERED) {
    if (read(low) <= read(high)) continue;
    // What the scenario says is at fault, rather than a default.
    const isHigh = high in given && !(low in given && isBound(high));
    const key = isHigh ? high : low;
    const other = isHigh ? low : high;
    return {
      key,
      problem: `is ${read(key)}, expected at ${isHigh ? 'least' : 'most'} ${other}, which is ${read(other)}`,
      remedy: `${isHigh ? 'Raise' : 'Lower'} it, or set ${other} as well.`,
    };
  }
  return null;
}

const isBound = (key: string): boolean => /\.(min|max)\./.test(key);

const defaultOf = (key: string): string =>
  BROKER_SETTINGS.find((setting) => setting.key === key)?.default ?? '';
