import {
  PlaygroundError,
  type ClientKind,
  type Scenario,
  type Verdict,
} from '../../engine/index.ts';
import { brokerCountOf } from '../broker/broker.ts';
import { startBroker } from '../broker/choose-broker.ts';
import { brokerConfigOf } from '../run/recording-file.ts';
import type { Settings } from '../settings.ts';
import { BrokerPool } from './broker-pool.ts';
import { cellOf, ownClientOf } from './cells.ts';
import { divergences, judgeLive, type EarlierRun, type Judged } from './judge.ts';
import type { MatrixResult, MatrixRun } from './matrix-results.ts';

/** How often a combination is run whose runs diverge: real members race on a busy machine. */
const MOST_RUNS = 3;

/** A scenario of the matrix, with what was recorded of it. */
export interface MatrixScenario {
  readonly scenario: Scenario;
  readonly earlier: EarlierRun | null;
}

/** One combination that is to be run. */
export interface Order extends MatrixScenario {
  readonly client: ClientKind;
  readonly kafka: string;
}

export interface MatrixListener {
  readonly onResult: (result: MatrixResult) => Promise<void>;
  readonly onProgress: (line: string) => void;
}

/**
 * Runs combinations, several at once, each on a broker that it has for itself: hash orders go by the
 * names of topics, so that two runs of one group cannot share a broker under other names.
 *
 * @returns how many could not be run; why is said.
 */
export async function runMatrix(
  orders: readonly Order[],
  settings: Settings,
  atOnce: number,
  { onResult, onProgress }: MatrixListener,
  signal: AbortSignal,
): Promise<number> {
  let failedCount = 0;
  for (const group of groupByBroker(orders)) {
    const kafkaVersion = group[0]?.kafka ?? settings.kafkaVersion;
    const config = group[0] === undefined ? {} : brokerConfigOf(group[0].scenario);
    const count = group[0] === undefined ? 1 : brokerCountOf(group[0].scenario);
    const brokers = new BrokerPool(() =>
      startBroker({ ...settings, brokers: null, kafkaVersion }, config, onProgress, count),
    );
    const waiting = [...group];
    const work = async (): Promise<void> => {
      for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
        if (signal.aborted) return;
        const result = await runOne(order, brokers, onProgress, signal);
        if (result === null) failedCount += 1;
        else await onResult(result);
      }
    };
    try {
      await Promise.all(Array.from({ length: atOnce }, work));
    } finally {
      await brokers.stop();
    }
  }
  return failedCount;
}

/** Orders that one kind of broker can serve, in their order. */
function groupByBroker(orders: readonly Order[]): readonly (readonly Order[])[] {
  const groups = new Map<string, Order[]>();
  for (const order of orders) {
    const kind = JSON.stringify([
      order.kafka,
      brokerCountOf(order.scenario),
      Object.entries(brokerConfigOf(order.scenario)).sort(),
    ]);
    groups.set(kind, [...(groups.get(kind) ?? []), order]);
  }
  return [...groups.values()];
}

/** Null when it could not be run. */
async function runOne(
  { scenario, earlier, client, kafka }: Order,
  brokers: BrokerPool,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<MatrixResult | null> {
  const combination = { scenario: scenario.name, client, kafka };
  const what = `${scenario.name} by ${client} on ${kafka}`;
  const cell = cellOf(scenario, client, kafka);
  if (cell.type === 'notApplicable') {
    say(`${what}: not applicable, ${cell.reason}.`);
    return { ...combination, notApplicable: cell.reason };
  }
  // What was recorded is of the scenario's own client.
  const known = ownClientOf(scenario) === client ? earlier : null;
  const runs: MatrixRun[] = [];
  let clients: Readonly<Record<string, string>> = {};
  let date = '';
  try {
    while (runs.length < MOST_RUNS && (runs.at(-1)?.result ?? 'divergence') === 'divergence') {
      const judged = await brokers.use((broker) =>
        judgeLive(cell.scenario, broker, { earlier: known, signal }),
      );
      const run = toRun(judged);
      say(`${what}, run ${runs.length + 1}: ${[run.result, ...run.divergences].join('; ')}`);
      runs.push(run);
      const { kafka: _broker, ...versions } = judged.recorded.versions;
      [clients, date] = [versions, new Date().toISOString().slice(0, 10)];
    }
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    if (!signal.aborted) say(`${what} could not be run: ${error.message} ${error.remedy}`);
    return null;
  }
  return { ...combination, date, clients, runs };
}

function toRun({ fromSimulated, fromEarlier }: Judged): MatrixRun {
  const compared: readonly (readonly [string, Verdict | null])[] = [
    ['From the simulation', fromSimulated],
    ['From the recorded run', fromEarlier],
  ];
  const verdicts = compared.flatMap(([, verdict]) => (verdict === null ? [] : [verdict]));
  const rules = verdicts.flatMap(({ differences }) => differences.map(({ rule }) => rule));
  const results = verdicts.map(({ result }) => result);
  return {
    result: results.includes('divergence')
      ? 'divergence'
      : results.includes('allowed')
        ? 'allowed'
        : 'same',
    rules: [...new Set(rules.filter((rule) => rule !== null))].sort(),
    divergences: compared.flatMap(([from, verdict]) => {
      const first = verdict?.parting?.rule === null ? verdict.parting.sentence : null;
      const [sentence] = verdict === null ? [] : divergences(verdict);
      return sentence === undefined ? [] : [`${from}: ${first ?? sentence}`];
    }),
  };
}
