import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Assignment, AssignorMember, BrokerTopic } from '../../engine/assignors/assignor.ts';
import { ASSIGNORS, BROKER_ASSIGNORS } from '../../engine/assignors/index.ts';
import { existing } from '../../engine/assert.ts';
import { PlaygroundError } from '../../engine/errors.ts';
import { asGenerationId, asMemberId, type MemberId } from '../../engine/protocol/ids.ts';
import type { TopicPartition } from '../../engine/protocol/partitions.ts';
import { Random } from '../../engine/sim/random.ts';
import { findJava } from '../../server/broker/java.ts';
import { bringLibraries } from '../../server/broker/maven-broker.ts';
import { SEED } from '../support/builders.ts';

/** One case of the grid: everybody subscribes to all topics. */
interface Case {
  readonly assignor: string;
  /** Nobody has anything yet, or one member of a balanced group has left. */
  readonly from: 'scratch' | 'leave';
  readonly members: number;
  readonly partitionsPerMember: number;
  readonly topics: number;
}

/** A case with its times, ours and Java's; null where Java could not be asked. */
interface AssignorTime extends Case {
  readonly ms: number;
  readonly javaMs: number | null;
  readonly ratio: number | null;
}

/** The most that a case may take: a multiple of Java's time, or what nobody waits for. */
const BUDGET = { ratio: 3, ms: 1 };

const KAFKA_VERSION = '4.3.1';
const CLIENT_SIDE = ['range', 'roundrobin', 'cooperative-sticky'];
const BROKER_SIDE = ['uniform', 'range-broker'];
/** These look at what members had. */
const STICKY = ['cooperative-sticky', 'uniform'];
const WARM_UPS = 5;
const RUNS = 7;

const CASES: readonly Case[] = [100, 1_000].flatMap((members) =>
  [10, 100].flatMap((topics) =>
    [...CLIENT_SIDE, ...BROKER_SIDE].flatMap((assignor) =>
      (['scratch', 'leave'] as const)
        .filter((from) => from === 'scratch' || STICKY.includes(assignor))
        .map((from) => ({ assignor, from, members, partitionsPerMember: 10, topics })),
    ),
  ),
);

/** Times the assignors on a grid, next to Kafka's own on the same machine. */
export async function measureAssignors(): Promise<readonly AssignorTime[]> {
  const javaTimes = await javaTimesOf(CASES);
  return CASES.map((each) => {
    const ms = medianMs(runsOf(each));
    const javaMs = javaTimes.get(nameOf(each)) ?? null;
    return { ...each, ms, javaMs, ratio: javaMs === null ? null : ms / javaMs };
  });
}

/** One line: an object for programs, or a sentence. */
export function printAssignorTime(time: AssignorTime, isJson: boolean): string {
  const round = (value: number | null): number | null =>
    value === null ? null : Number(value.toPrecision(3));
  const { ms, javaMs, ratio } = {
    ms: round(time.ms),
    javaMs: round(time.javaMs),
    ratio: round(time.ratio),
  };
  if (isJson) return JSON.stringify({ ...time, ms, javaMs, ratio });
  const name = `${time.assignor}, from ${time.from}, ${time.members} members, ${time.topics} topics`;
  if (javaMs === null) return `       ${name}: ${ms} ms; Java was not asked`;
  const isMet = (time.ratio ?? 0) <= BUDGET.ratio || time.ms <= BUDGET.ms;
  return `${isMet ? 'met   ' : 'MISSED'} ${name}: ${ms} ms, Java ${javaMs} ms, ratio ${ratio} (budget ${BUDGET.ratio}, or ${BUDGET.ms} ms)`;
}

const nameOf = ({ assignor, from, members, partitionsPerMember, topics }: Case): string =>
  [assignor, from, members, partitionsPerMember, topics].join('/');

/** Medians of Kafka's own assignors by the case's name; none where Java or Maven is missing. */
async function javaTimesOf(cases: readonly Case[]): Promise<ReadonlyMap<string, number>> {
  const say = (line: string): void => {
    console.error(line);
  };
  try {
    const java = await findJava();
    const libraries = await bringLibraries(KAFKA_VERSION, say);
    const program = fileURLToPath(new URL('java/AssignorTimes.java', import.meta.url));
    const { stdout } = await execa(java, [
      '-Xmx4g',
      '-XX:+UseParallelGC',
      '-cp',
      join(libraries, '*'),
      program,
      ...cases.map(nameOf),
    ]);
    return new Map(
      stdout.split('\n').map((line) => {
        const [name = '', ms] = line.split(' ');
        return [name, Number(ms)];
      }),
    );
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    say(`Java’s assignors are not timed: ${error.message}`);
    return new Map();
  }
}

/** The median of some runs after a warm-up; each run gets input of its own. */
function medianMs(prepare: () => () => unknown): number {
  const times: number[] = [];
  for (let run = -WARM_UPS; run < RUNS; run += 1) {
    const assign = prepare();
    const beganMs = performance.now();
    assign();
    if (run >= 0) times.push(performance.now() - beganMs);
  }
  times.sort((a, b) => a - b);
  return existing(times[Math.floor(RUNS / 2)], 'median');
}

function runsOf(each: Case): () => () => Assignment {
  const names = Array.from({ length: each.topics }, (_, index) => `topic-${index}`);
  const partitionCount = Math.max(
    1,
    Math.floor((each.members * each.partitionsPerMember) / each.topics),
  );
  const assign = BROKER_SIDE.includes(each.assignor)
    ? brokerSide(each.assignor, names, partitionCount)
    : clientSide(each.assignor, names, partitionCount);
  if (each.from === 'scratch') return () => assign(each.members, new Map());
  const had = assign(each.members, new Map())();
  return () => assign(each.members - 1, had);
}

type Prepare = (memberCount: number, had: Assignment) => () => Assignment;

const idsOf = (count: number): readonly MemberId[] =>
  Array.from({ length: count }, (_, index) => asMemberId(`member${index}`));

const copy = (partitions: readonly TopicPartition[] | undefined): readonly TopicPartition[] =>
  (partitions ?? []).map((partition) => ({ ...partition }));

function clientSide(name: string, topics: readonly string[], partitionCount: number): Prepare {
  const assignor = existing(ASSIGNORS.get(name), name);
  const counts = new Map(topics.map((topic) => [topic, partitionCount]));
  return (memberCount, had) => {
    const generationId = had.size === 0 ? null : asGenerationId(1);
    const members = idsOf(memberCount).map((memberId): AssignorMember => ({
      memberId,
      groupInstanceId: null,
      subscription: {
        topics: [...topics],
        ownedPartitions: copy(had.get(memberId)),
        generationId,
        rackId: null,
        userData: null,
      },
    }));
    return () => assignor.assign(members, counts);
  };
}

function brokerSide(name: string, topics: readonly string[], partitionCount: number): Prepare {
  const assignor = existing(BROKER_ASSIGNORS.get(name.replace('-broker', '')), name);
  const random = new Random(SEED, 0);
  const known = new Map<string, BrokerTopic>(
    topics.map((topic) => [topic, { topicId: random.nextBase64Uuid(), partitionCount }]),
  );
  return (memberCount, had) => {
    const members = idsOf(memberCount).map((memberId) => ({
      memberId,
      groupInstanceId: null,
      topics: [...topics],
      target: copy(had.get(memberId)),
    }));
    return () => assignor.assign(members, known);
  };
}
