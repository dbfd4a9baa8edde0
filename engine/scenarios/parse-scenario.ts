import * as v from 'valibot';
import { PlaygroundError } from '../errors.ts';
import { parseWith, printPath } from '../parsing.ts';
import {
  BROKER_SETTINGS,
  CLIENT_KINDS,
  CLIENT_SETTINGS,
  clientSetting,
  hasSetting,
  type ClientKind,
  type GroupProtocol,
  type SettingType,
  type SettingValue,
} from '../protocol/config.ts';
import { ERROR_NUMBERS, type ErrorCode } from '../protocol/error-codes.ts';
import { asGroupId, asMemberName, type MemberName } from '../protocol/ids.ts';
import { API_NAMES } from '../protocol/messages.ts';
import { brokerProblem } from './check-broker.ts';
import { groupProtocolOf, settingOf } from './member-settings.ts';
import {
  SCENARIO_FORMAT,
  isFault,
  memberCommanded,
  type Scenario,
  type ScenarioMember,
  type TimedCommand,
} from './scenario.ts';

const REMEDY =
  'Correct the scenario at that place; its format is described in engine/scenarios/README.md.';

const wholeNumber = (least: number, most: number, what: string) =>
  v.pipe(
    v.number(`expected ${what}`),
    v.safeInteger(`expected ${what}`),
    v.minValue(least, `expected ${what}`),
    v.maxValue(most, `expected ${what}`),
  );
const DAY_MS = 86_400_000;
const timeMs = wholeNumber(0, DAY_MS, 'whole milliseconds, 0 or more and at most a day');
const nonEmptyText = v.pipe(
  v.string('expected a text'),
  v.minLength(1, 'expected a text that is not empty'),
  v.maxLength(200, 'expected at most 200 characters'),
);
const TOPIC_NAME = 'a topic name: letters, digits, ".", "_" and "-", at most 249';
const topicName = v.pipe(
  v.string(`expected ${TOPIC_NAME}`),
  v.regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/, `expected ${TOPIC_NAME}`),
);
const MEMBER_NAME =
  'a member name: a letter or digit, then letters, digits, ".", "_" and "-", at most 64';
const memberName = v.pipe(
  v.string(`expected ${MEMBER_NAME}`),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, `expected ${MEMBER_NAME}`),
  v.transform(asMemberName),
);
const topicNames = v.pipe(
  v.array(topicName, 'expected a list of topic names'),
  v.minLength(1, 'expected at least one topic'),
);
const settings = v.record(
  v.string(),
  v.union([v.string(), v.number(), v.boolean()], 'expected a text, a number, true or false'),
  'expected an object of settings by their Kafka key',
);
const partitionCount = wholeNumber(1, 10_000, 'a number of partitions from 1 to 10000');

const replicaRacks = v.pipe(
  v.array(
    v.array(nonEmptyText, 'expected a list of racks'),
    'expected a list with the racks of each partition',
  ),
  v.minLength(1, 'expected the racks of at least one partition'),
);

const memberCommand = <const Name extends string>(name: Name) =>
  v.strictObject({ atMs: timeMs, do: v.literal(name), member: memberName });
const someMs = wholeNumber(1, DAY_MS, 'whole milliseconds, 1 or more and at most a day');
const groupApi = v.picklist(API_NAMES, `expected an API of groups: ${API_NAMES.join(', ')}`);
const ERROR_CODES = (Object.keys(ERROR_NUMBERS) as ErrorCode[]).filter((code) => code !== 'NONE');
const errorCode = v.picklist(
  ERROR_CODES,
  `expected an error code of the group APIs: ${ERROR_CODES.join(', ')}`,
);
const command = v.variant(
  'do',
  [
    memberCommand('start'),
    memberCommand('crash'),
    memberCommand('freeze'),
    memberCommand('thaw'),
    memberCommand('pause'),
    memberCommand('resume'),
    memberCommand('commit'),
    memberCommand('unsubscribe'),
    memberCommand('enforceRebalance'),
    memberCommand('wakeup'),
    memberCommand('removeMember'),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('close'),
      member: memberName,
      groupMembershipOperation: v.exactOptional(
        v.picklist(
          ['DEFAULT', 'LEAVE_GROUP', 'REMAIN_IN_GROUP'],
          'expected DEFAULT, LEAVE_GROUP or REMAIN_IN_GROUP',
        ),
      ),
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('stall'),
      member: memberName,
      forMs: wholeNumber(1, DAY_MS, 'whole milliseconds, 1 or more'),
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('subscribe'),
      member: memberName,
      topics: topicNames,
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('produce'),
      topic: topicName,
      count: wholeNumber(1, 1_000_000, 'a number of records from 1 to 1000000'),
      partition: v.optional(
        v.nullable(wholeNumber(0, 9_999, 'a partition number, 0 or more')),
        null,
      ),
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('addPartitions'),
      topic: topicName,
      partitions: partitionCount,
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('restartBroker'),
      downMs: wholeNumber(1, DAY_MS, 'whole milliseconds, 1 or more'),
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('moveCoordinator'),
      loadingMs: timeMs,
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('cut'),
      member: memberName,
      forMs: v.optional(timeMs, 0),
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('delay'),
      member: memberName,
      api: v.exactOptional(groupApi),
      byMs: someMs,
      forMs: someMs,
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('drop'),
      member: memberName,
      api: v.exactOptional(groupApi),
      forMs: someMs,
    }),
    v.strictObject({
      atMs: timeMs,
      do: v.literal('answer'),
      member: memberName,
      api: groupApi,
      errorCode,
      count: v.optional(wholeNumber(1, 10_000, 'a number of requests from 1 to 10000'), 1),
    }),
  ],
  'expected a command: start, close, crash, freeze, thaw, stall, pause, resume, commit, subscribe, unsubscribe, enforceRebalance, wakeup, produce, addPartitions, removeMember, restartBroker, moveCoordinator, cut, delay, drop or answer',
);

const listenerThrows = v.strictObject({
  in: v.picklist(['assigned', 'revoked', 'lost'], 'expected assigned, revoked or lost'),
  times: v.optional(v.picklist(['once', 'always'], 'expected once or always'), 'once'),
  then: v.optional(v.picklist(['end', 'pollOn'], 'expected end or pollOn'), 'end'),
});
const commitPolicy = v.strictObject({
  how: v.picklist(['sync', 'async'], 'expected sync or async'),
  after: v.optional(v.picklist(['poll', 'record'], 'expected poll or record'), 'poll'),
});

const scenarioSchema = v.strictObject({
  format: v.literal(SCENARIO_FORMAT, `expected "${SCENARIO_FORMAT}"`),
  name: nonEmptyText,
  title: v.optional(v.string('expected a text'), ''),
  group: v.pipe(nonEmptyText, v.transform(asGroupId)),
  broker: v.optional(settings, {}),
  topics: v.pipe(
    v.array(
      v.strictObject({
        name: topicName,
        partitions: partitionCount,
        racks: v.exactOptional(replicaRacks),
      }),
      'expected a list of topics',
    ),
    v.minLength(1, 'expected at least one topic'),
  ),
  members: v.pipe(
    v.array(
      v.strictObject({
        name: memberName,
        client: v.optional(
          v.picklist(CLIENT_KINDS, `expected one of ${CLIENT_KINDS.join(', ')}`),
          'java',
        ),
        topics: topicNames,
        config: v.optional(settings, {}),
        work: v.optional(
          v.strictObject({
            perRecordMs: v.optional(timeMs, 0),
            commitInRevoked: v.optional(v.boolean('expected true or false'), false),
            listenerThrows: v.exactOptional(listenerThrows),
            lostCallsRevoked: v.exactOptional(v.boolean('expected true or false')),
            commit: v.exactOptional(commitPolicy),
            workers: v.exactOptional(wholeNumber(1, 100, 'a number of threads from 1 to 100')),
            checkpoints: v.exactOptional(
              v.strictObject({ everyMs: wholeNumber(1, DAY_MS, 'whole milliseconds, 1 or more') }),
            ),
          }),
          {},
        ),
      }),
      'expected a list of members',
    ),
    v.minLength(1, 'expected at least one member'),
    v.maxLength(1_000, 'expected at most 1000 members'),
  ),
  script: v.array(command, 'expected a list of commands'),
  untilMs: timeMs,
});

/**
 * Reads a scenario.
 *
 * Commands come out in order of `atMs`, those of one time in the order they stood.
 *
 * @param what how messages name it, such as `eager-join.scenario.json`.
 * @throws PlaygroundError `scenario-invalid`, naming the JSON path, what was expected there and
 *   what to do. Nothing unknown is skipped.
 */
export function parseScenario(value: unknown, what = 'The scenario'): Scenario {
  const parsed = parseWith(scenarioSchema, value, {
    code: 'scenario-invalid',
    what,
    remedy: REMEDY,
  });
  const fail: Fail = (path, problem, remedy = REMEDY) => {
    throw new PlaygroundError(
      'scenario-invalid',
      `${what}: ${printPath(path)} ${problem}.`,
      remedy,
    );
  };
  checkNames(parsed, fail);
  checkSettings(parsed, fail);
  checkScript(parsed, fail);
  const script = [...parsed.script].sort((a, b) => a.atMs - b.atMs);
  return { ...parsed, script };
}

type Fail = (path: readonly (string | number)[], problem: string, remedy?: string) => never;
type Unordered = Omit<Scenario, 'script'> & { readonly script: readonly TimedCommand[] };

function checkNames(scenario: Unordered, fail: Fail): void {
  const topics = new Set<string>();
  scenario.topics.forEach(({ name }, index) => {
    if (topics.has(name)) fail(['topics', index, 'name'], `is "${name}" a second time`);
    topics.add(name);
  });
  const members = new Set<string>();
  scenario.members.forEach(({ name, topics: subscribed }, index) => {
    if (members.has(name)) fail(['members', index, 'name'], `is "${name}" a second time`);
    members.add(name);
    if (new Set(subscribed).size !== subscribed.length) {
      fail(['members', index, 'topics'], 'names a topic twice');
    }
  });
}

function checkSettings(scenario: Unordered, fail: Fail): void {
  for (const [key, value] of Object.entries(scenario.broker)) {
    const setting = BROKER_SETTINGS.find((candidate) => candidate.key === key);
    if (setting === undefined) {
      fail(
        ['broker', key],
        'is not a broker setting that is known here',
        `Remove it, or use one of: ${BROKER_SETTINGS.map((known) => known.key).join(', ')}.`,
      );
    } else {
      checkValue(['broker', key], setting.type, value, fail);
    }
  }
  const problem = brokerProblem(scenario.broker);
  if (problem !== null) fail(['broker', problem.key], problem.problem, problem.remedy);
  scenario.members.forEach((member, index) => {
    for (const [key, value] of Object.entries(member.config)) {
      checkClientSetting(['members', index, 'config', key], member.client, key, value, fail);
    }
    checkGroupProtocol(['members', index, 'config'], member, fail);
    checkOffsetReset(['members', index, 'config', 'auto.offset.reset'], member, fail);
    checkTimeouts(['members', index, 'config'], member, fail);
  });
}

function checkClientSetting(
  path: readonly (string | number)[],
  client: ClientKind,
  key: string,
  value: SettingValue,
  fail: Fail,
): void {
  const setting = clientSetting(key);
  if (setting !== null && hasSetting(client, key)) {
    checkValue(path, setting.type, value, fail);
    return;
  }
  const known = CLIENT_SETTINGS.filter((candidate) => hasSetting(client, candidate.key));
  const problem =
    setting === null
      ? `is not a consumer setting that is known here`
      : `is a setting that the ${client} client does not have`;
  const without =
    setting === null
      ? 'Remove it'
      : `Remove it, or keep the member’s own client and play the scenario with --client ${client}, which leaves such settings out`;
  fail(
    path,
    problem,
    `${without}; ${client} has ${known.map(({ key: name }) => name).join(', ')}.`,
  );
}

function checkValue(
  path: readonly (string | number)[],
  type: SettingType,
  value: SettingValue,
  fail: Fail,
): void {
  const text = String(value);
  if (type === 'integer' && !/^\d{1,15}$/.test(text)) {
    fail(path, `is ${JSON.stringify(value)}, expected a whole number, 0 or more`);
  }
  if (type === 'boolean' && text !== 'true' && text !== 'false') {
    fail(path, `is ${JSON.stringify(value)}, expected true or false`);
  }
}

/** Settings that each group protocol leaves to the broker, or has no use for. */
const NOT_IN_PROTOCOL: Readonly<Record<GroupProtocol, readonly string[]>> = {
  classic: ['group.remote.assignor'],
  consumer: ['partition.assignment.strategy', 'heartbeat.interval.ms', 'session.timeout.ms'],
};

/** Source: ConsumerConfig#checkUnsupportedConfigsPostProcess; librdkafka refuses the same. */
function checkGroupProtocol(
  path: readonly (string | number)[],
  member: ScenarioMember,
  fail: Fail,
): void {
  const given = String(member.config['group.protocol'] ?? 'classic').toLowerCase();
  if (given !== 'classic' && given !== 'consumer') {
    fail([...path, 'group.protocol'], `is "${given}", expected classic or consumer`);
  }
  const groupProtocol = groupProtocolOf(member);
  const unusable = NOT_IN_PROTOCOL[groupProtocol].find((key) => key in member.config);
  if (unusable === undefined) return;
  fail(
    [...path, unusable],
    `cannot be set when group.protocol is ${groupProtocol}`,
    groupProtocol === 'classic'
      ? 'Remove it, or set group.protocol to consumer.'
      : 'Remove it; the broker decides it, by its group.consumer.* settings.',
  );
}

/** Source: AutoOffsetResetStrategy.Validator, in the constructor of every Java consumer. */
function checkOffsetReset(
  path: readonly (string | number)[],
  member: ScenarioMember,
  fail: Fail,
): void {
  const text = settingOf(member, 'auto.offset.reset');
  if (member.client !== 'java' || /^(earliest|latest|none|by_duration:.+)$/.test(text)) return;
  fail(path, `is "${text}", expected earliest, latest, none or by_duration:<duration>`);
}

/**
 * librdkafka takes any heartbeat interval.
 *
 * Source: Heartbeat's constructor, which every Java consumer of a classic group goes through; kafkajs
 * 2.2.4, consumer/index.js.
 */
function checkTimeouts(
  path: readonly (string | number)[],
  member: ScenarioMember,
  fail: Fail,
): void {
  if (groupProtocolOf(member) === 'consumer' || member.client === 'librdkafka') return;
  const read = (key: string): number => Number(settingOf(member, key));
  if (read('heartbeat.interval.ms') >= read('session.timeout.ms')) {
    fail(
      [...path, 'heartbeat.interval.ms'],
      `is ${read('heartbeat.interval.ms')}, expected less than session.timeout.ms, which is ${read('session.timeout.ms')}`,
      'Lower heartbeat.interval.ms (a third of the session is usual), or raise session.timeout.ms.',
    );
  }
}

type Life = 'down' | 'up' | 'frozen';

/** Plays the script's starts and stops, so that no command goes to a member that cannot take it. */
function checkScript(scenario: Unordered, fail: Fail): void {
  const lives = new Map<MemberName, Life>(scenario.members.map(({ name }) => [name, 'down']));
  const partitions = new Map(scenario.topics.map((topic) => [topic.name, topic.partitions]));
  const inOrder = scenario.script
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => a.entry.atMs - b.entry.atMs);
  for (const { entry, index } of inOrder) {
    const name = memberCommanded(entry);
    if (name !== null) {
      const life = lives.get(name);
      if (life === undefined) {
        fail(
          ['script', index, 'member'],
          `is "${name}", which is not a member of this scenario`,
          `Use one of: ${[...lives.keys()].join(', ')}; or add it to $.members.`,
        );
      } else if (entry.do === 'removeMember') checkIsStatic(scenario, name, index, fail);
      else if (!isFault(entry))
        lives.set(name, checkLife(['script', index, 'do'], entry, name, life, fail));
    }
    checkTopics(['script', index], entry, partitions, fail);
  }
}

/** Admin.removeMembersFromConsumerGroup takes members by their group.instance.id. */
function checkIsStatic(scenario: Unordered, name: MemberName, index: number, fail: Fail): void {
  const member = scenario.members.find((candidate) => candidate.name === name);
  if (String(member?.config['group.instance.id'] ?? '') !== '') return;
  fail(
    ['script', index, 'member'],
    `is "${name}", which has no group.instance.id for an admin to remove it by`,
    'Give it one in its config, or close it instead.',
  );
}

function checkLife(
  path: readonly (string | number)[],
  entry: TimedCommand,
  name: MemberName,
  life: Life,
  fail: Fail,
): Life {
  if (entry.do === 'start') {
    if (life !== 'down') {
      fail(
        path,
        `starts ${name} at ${entry.atMs} ms, which was started before`,
        'Close or crash it first, or remove this command.',
      );
    }
    return 'up';
  }
  if (life === 'down') {
    fail(
      path,
      `is "${entry.do}" for ${name} at ${entry.atMs} ms, which is not running then`,
      'Start it before, or remove this command.',
    );
  }
  if (entry.do === 'crash') return 'down';
  if (entry.do === 'thaw') {
    if (life !== 'frozen') fail(path, `thaws ${name}, which is not frozen`, 'Freeze it before.');
    return 'up';
  }
  if (life === 'frozen') {
    fail(
      path,
      `is "${entry.do}" for ${name}, which is frozen then and hears nothing`,
      'Thaw it before, or crash it.',
    );
  }
  if (entry.do === 'freeze') return 'frozen';
  return entry.do === 'close' ? 'down' : life;
}

function checkTopics(
  path: readonly (string | number)[],
  entry: TimedCommand,
  partitions: Map<string, number>,
  fail: Fail,
): void {
  if (entry.do !== 'produce' && entry.do !== 'addPartitions') return;
  const count = partitions.get(entry.topic);
  if (count === undefined) {
    fail(
      [...path, 'topic'],
      `is "${entry.topic}", which is not a topic of this scenario`,
      `Use one of: ${[...partitions.keys()].join(', ')}; or add it to $.topics.`,
    );
    return;
  }
  if (entry.do === 'addPartitions') {
    if (entry.partitions <= count) {
      fail(
        [...path, 'partitions'],
        `is ${entry.partitions}, but ${entry.topic} has ${count} already and Kafka cannot take any away`,
        `Give a number above ${count}.`,
      );
    }
    partitions.set(entry.topic, entry.partitions);
  } else if (entry.partition !== null && entry.partition >= count) {
    fail(
      [...path, 'partition'],
      `is ${entry.partition}, but ${entry.topic} has partitions 0 to ${count - 1} then`,
    );
  }
}
