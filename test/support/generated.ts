import fc from 'fast-check';
import {
  API_NAMES,
  ERROR_NUMBERS,
  parseScenario,
  printScenario,
  simulate,
  type ApiName,
  type ClientKind,
  type Command,
  type Scenario,
  type Trace,
} from '../../engine/index.ts';

/** A scenario that was drawn, and the seed to play it with. */
export interface GeneratedRun {
  readonly scenario: Scenario;
  readonly seed: number;
}

type Fields = Readonly<Record<string, unknown>>;
type Words = Readonly<Record<string, string | number | boolean>>;

/** How a member takes part: its client, and the settings that decide its protocol and assignors. */
interface Kind {
  readonly client: ClientKind;
  readonly config: Words;
}

const SESSION = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
const CLASSIC = { ...SESSION, 'max.poll.interval.ms': 8_000 };

const java = (strategy: string): Kind => ({
  client: 'java',
  config: { ...CLASSIC, 'partition.assignment.strategy': strategy },
});
const consumerProtocol = (assignor: string): Kind => ({
  client: 'java',
  config: {
    'max.poll.interval.ms': 8_000,
    'group.protocol': 'consumer',
    'group.remote.assignor': assignor,
  },
});
const librdkafka = (strategy: string): Kind => ({
  client: 'librdkafka',
  config: { ...CLASSIC, 'partition.assignment.strategy': strategy },
});
const KAFKAJS: Kind = { client: 'kafkajs', config: { ...SESSION, 'rebalance.timeout.ms': 8_000 } };

/** Kinds of members whose assignors have one in common, so that a group can be made of them. */
const GROUPS: readonly (readonly Kind[])[] = [
  [java('range')],
  [java('roundrobin')],
  [java('sticky')],
  [java('cooperative-sticky')],
  [java('range,cooperative-sticky'), java('cooperative-sticky')],
  [java('sticky,roundrobin,range'), java('range,sticky')],
  [consumerProtocol('uniform')],
  [consumerProtocol('range')],
  [consumerProtocol('uniform'), java('range')],
  [consumerProtocol('range'), java('cooperative-sticky')],
  [librdkafka('range,roundrobin')],
  [librdkafka('cooperative-sticky')],
  [librdkafka('range'), java('range')],
  [KAFKAJS],
];

const NAMES = ['C1', 'C2', 'C3'] as const;
const TOPICS = ['orders', 'clicks'] as const;

type Life = 'down' | 'up' | 'frozen';
type CommandName = Command['do'];

/** What makes a command of three numbers: whose turn it is, which of its commands, when. */
interface Draw {
  readonly member: number;
  readonly choice: number;
  readonly gapMs: number;
}

const ANYTIME: readonly CommandName[] = [
  'cut',
  'delay',
  'drop',
  'answer',
  'produce',
  'addPartitions',
  'restartBroker',
  'moveCoordinator',
];

/** Commands that a member can be given in each state of its life. */
const COMMANDS: Readonly<Record<Life, readonly CommandName[]>> = {
  // A member that is down is worth little: most of the time it is started.
  down: ['start', 'start', 'start', 'start', ...ANYTIME],
  up: [
    'close',
    'crash',
    'freeze',
    'stall',
    'pause',
    'resume',
    'commit',
    'subscribe',
    'unsubscribe',
    'enforceRebalance',
    'wakeup',
    'removeMember',
    'produce',
    'produce',
    ...ANYTIME,
  ],
  frozen: ['thaw', 'thaw', 'crash', 'removeMember', ...ANYTIME],
};

const LIFE_AFTER: Readonly<Partial<Record<CommandName, Life>>> = {
  start: 'up',
  thaw: 'up',
  freeze: 'frozen',
  close: 'down',
  crash: 'down',
};

/** What a client's consumer has no call for. */
const WITHOUT: Readonly<Record<ClientKind, readonly CommandName[]>> = {
  java: [],
  librdkafka: ['enforceRebalance', 'wakeup'],
  kafkajs: ['commit', 'subscribe', 'unsubscribe', 'enforceRebalance', 'wakeup'],
};

interface Cast {
  readonly client: ClientKind;
  readonly isStatic: boolean;
  /** A Java member of a classic group, which can do more than the others. */
  readonly isClassicJava: boolean;
}

const OPERATIONS = ['DEFAULT', 'LEAVE_GROUP', 'REMAIN_IN_GROUP'] as const;

const ERROR_CODES = Object.keys(ERROR_NUMBERS).filter((code) => code !== 'NONE');

/** One of the APIs, or none of them by name, which is all. */
function someApi(choice: number): { readonly api?: ApiName } {
  const api = API_NAMES[choice % (API_NAMES.length + 1)];
  return api === undefined ? {} : { api };
}

/** Turns draws into a script that a scenario takes, whatever they are; shorter lists shrink to it. */
function scriptOf(draws: readonly Draw[], casts: readonly Cast[]): readonly Fields[] {
  const lives = new Map<string, Life>();
  const partitions = new Map<string, number>(TOPICS.map((topic) => [topic, 3]));
  let atMs = 0;
  return draws.map(({ member: index, choice, gapMs }) => {
    atMs += gapMs;
    const member = NAMES[index] ?? 'C1';
    const cast = casts[index];
    const life = lives.get(member) ?? 'down';
    const able = COMMANDS[life].filter(
      (name) =>
        (name !== 'removeMember' || cast?.isStatic === true) &&
        cast !== undefined &&
        !WITHOUT[cast.client].includes(name) &&
        (name !== 'wakeup' || cast.isClassicJava),
    );
    const name = able[choice % able.length] ?? 'start';
    lives.set(member, LIFE_AFTER[name] ?? life);
    const topic = TOPICS[choice % TOPICS.length] ?? 'orders';
    switch (name) {
      case 'produce':
        return { atMs, do: name, topic, count: 1 + (choice % 9) };
      case 'addPartitions': {
        const grown = (partitions.get(topic) ?? 0) + 1;
        partitions.set(topic, grown);
        return { atMs, do: name, topic, partitions: grown };
      }
      case 'restartBroker':
        return { atMs, do: name, downMs: 50 + choice * 20 };
      case 'moveCoordinator':
        return { atMs, do: name, loadingMs: choice * 5 };
      case 'close': {
        const groupMembershipOperation = OPERATIONS[choice % OPERATIONS.length] ?? 'DEFAULT';
        return {
          atMs,
          do: name,
          member,
          ...(cast?.isClassicJava ? { groupMembershipOperation } : {}),
        };
      }
      case 'cut':
        return { atMs, do: name, member, forMs: choice % 2 === 0 ? 0 : choice * 50 };
      case 'delay':
        return { atMs, do: name, member, ...someApi(choice), byMs: 1 + choice * 40, forMs: 4_000 };
      case 'drop':
        return { atMs, do: name, member, ...someApi(choice), forMs: 1 + choice * 60 };
      case 'answer': {
        const api = API_NAMES[choice % API_NAMES.length] ?? 'Heartbeat';
        const errorCode = ERROR_CODES[choice % ERROR_CODES.length] ?? 'UNKNOWN_MEMBER_ID';
        return { atMs, do: name, member, api, errorCode, count: 1 + (choice % 3) };
      }
      case 'stall':
        return { atMs, do: name, member, forMs: 500 + choice * 60 };
      case 'subscribe':
        return { atMs, do: name, member, topics: TOPICS.slice(0, 1 + (choice % 2)) };
      default:
        return { atMs, do: name, member };
    }
  });
}

const aDraw: fc.Arbitrary<Draw> = fc.record({
  member: fc.integer({ min: 0, max: NAMES.length - 1 }),
  choice: fc.integer({ min: 0, max: 200 }),
  gapMs: fc.integer({ min: 0, max: 4_000 }),
});

/** Ways to work that a Java member of a classic group has, each left out most of the time. */
const aWayToWork = fc.record(
  {
    listenerThrows: fc.record({
      in: fc.constantFrom('assigned', 'revoked', 'lost'),
      times: fc.constantFrom('once', 'always'),
      then: fc.constantFrom('end', 'pollOn'),
    }),
    lostCallsRevoked: fc.constant(true),
    commit: fc.record({
      how: fc.constantFrom('sync', 'async'),
      after: fc.constantFrom('poll', 'record'),
    }),
    workers: fc.integer({ min: 1, max: 2 }),
    checkpoints: fc.record({ everyMs: fc.constantFrom(2_000, 6_000) }),
  },
  { requiredKeys: [] },
);

const aMember = fc.record({
  wayToWork: fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: aWayToWork },
  ),
  kind: fc.integer({ min: 0, max: 1 }),
  isStatic: fc.boolean(),
  /** Without auto commit, where that can be said. */
  isManual: fc.boolean(),
  topicCount: fc.integer({ min: 1, max: TOPICS.length }),
  perRecordMs: fc.constantFrom(0, 40, 900),
  commitInRevoked: fc.boolean(),
});

/** From the last command to the end, so that what it brings about is seen. */
const AFTERMATH_MS = 20_000;

/** Any members of any clients, any settings and any script that a scenario can have. */
export const aGeneratedRun: fc.Arbitrary<GeneratedRun> = fc
  .record({
    group: fc.constantFrom(...GROUPS),
    members: fc.array(aMember, { minLength: NAMES.length, maxLength: NAMES.length }),
    draws: fc.array(aDraw, { minLength: 1, maxLength: 24, size: 'max' }),
    offsetReset: fc.constantFrom('earliest', 'latest'),
    initialDelayMs: fc.constantFrom(0, 500, 3_000),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
  })
  .map(({ group, members, draws, offsetReset, initialDelayMs, seed }) => {
    const casts = members.map(({ kind, isStatic }) => {
      const { client, config } = group[kind % group.length] ?? KAFKAJS;
      const isClassicJava = client === 'java' && config['group.protocol'] === undefined;
      return { client, config, isStatic: isStatic && client !== 'kafkajs', isClassicJava };
    });
    const script = scriptOf(draws, casts);
    const lastMs = Number(script.at(-1)?.['atMs'] ?? 0);
    const scenario = parseScenario({
      format: 'rebalance-scenario/1',
      name: 'generated',
      group: 'orders-app',
      broker: {
        'group.initial.rebalance.delay.ms': initialDelayMs,
        'group.consumer.session.timeout.ms': 8_000,
        'group.consumer.heartbeat.interval.ms': 2_000,
      },
      topics: TOPICS.map((name) => ({ name, partitions: 3 })),
      members: members.map(
        ({ topicCount, perRecordMs, commitInRevoked, isManual, wayToWork }, index) => {
          const { client, config, isStatic, isClassicJava } = casts[index] ?? KAFKAJS_CAST;
          return {
            name: NAMES[index],
            client,
            topics: TOPICS.slice(0, topicCount),
            config: {
              ...config,
              'auto.offset.reset': offsetReset,
              // The first and the last are given the same by mistake, and fence each other.
              ...(isStatic ? { 'group.instance.id': `i${index % 2}` } : {}),
              ...(isClassicJava && isManual ? { 'enable.auto.commit': false } : {}),
            },
            work: { perRecordMs, commitInRevoked, ...(isClassicJava ? wayToWork : {}) },
          };
        },
      ),
      script,
      untilMs: lastMs + AFTERMATH_MS,
    });
    return { scenario, seed };
  });

const KAFKAJS_CAST = { ...KAFKAJS, isStatic: false, isClassicJava: false };

/**
 * Checks a property of the traces of generated runs. A failure names the smallest run that has it,
 * as JSON that `playground simulate` takes.
 */
export function checkTraces(
  numRuns: number,
  seed: number,
  property: (trace: Trace, run: GeneratedRun) => void,
): void {
  fc.assert(
    fc.property(aGeneratedRun, (run) => {
      property(simulate(run.scenario, { seed: run.seed }), run);
    }),
    {
      seed,
      numRuns,
      reporter: (details) => {
        if (!details.failed) return;
        const [run] = details.counterexample ?? [];
        const script =
          run === undefined
            ? ''
            : `seed ${run.seed}, ${JSON.stringify(printScenario(run.scenario))}`;
        throw new Error(`${fc.defaultReportMessage(details) ?? ''}\n${script}`);
      },
    },
  );
}
