import {
  compareOutcomes,
  compareTraces,
  differencesByCircumstances,
  circumstancesOf,
  outcomeOf,
  parseRecording,
  simulate,
  type Outcome,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import type { Broker } from '../broker/broker.ts';
import { runLive, type RunListener } from '../run/live-run.ts';
import { printRecording } from '../run/recording-file.ts';

/** What an earlier run of a scenario came to, on the same or on another broker. */
export interface EarlierRun {
  readonly trace: Trace;
  /** As it is kept, with what it says may vary. */
  readonly outcome: Outcome;
}

/** A run on a real broker, and what it is worth. */
export interface Judged {
  /** The text of a `*.recording.jsonl`. */
  readonly text: string;
  readonly recorded: Trace;
  /** The same scenario, simulated with the ids that the run got. */
  readonly simulated: Trace;
  /** Simulated is left, recorded is right. */
  readonly fromSimulated: Verdict;
  /** The earlier run is left; null when there is none. */
  readonly fromEarlier: Verdict | null;
}

const SILENT: RunListener = {
  onHeader: () => undefined,
  onLine: () => undefined,
  onProgress: () => undefined,
};

/**
 * Runs a scenario live and compares what it came to with its simulation, and with an earlier run
 * where there is one.
 *
 * The scenario keeps its own names of group and topics on a broker of ours, since hash orders go by
 * them; so a broker serves one such run at a time.
 *
 * @throws PlaygroundError as of `runLive`, and `scenario-unsupported` for what cannot be simulated.
 */
export async function judgeLive(
  scenario: Scenario,
  broker: Broker,
  {
    earlier = null,
    onProgress = SILENT.onProgress,
    signal = new AbortController().signal,
  }: {
    readonly earlier?: EarlierRun | null;
    readonly onProgress?: (line: string) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Judged> {
  const run = await runLive(scenario, broker, { ...SILENT, onProgress }, signal);
  const text = printRecording(run);
  const recorded = parseRecording(text, scenario.name);
  const simulated = simulate(recorded.scenario, circumstancesOf(recorded));
  const varies = earlier?.outcome.varies ?? [];
  const fromSimulated = compareTraces(simulated, recorded, { varies });
  return {
    text,
    recorded,
    simulated,
    fromSimulated,
    fromEarlier: earlier === null ? null : compareWithEarlier(earlier, recorded),
  };
}

/** Both are of one scenario; what follows from the random ids that either got is allowed. */
function compareWithEarlier({ trace, outcome }: EarlierRun, recorded: Trace): Verdict {
  const scenarios = { left: trace.scenario, right: recorded.scenario };
  return compareOutcomes(
    outcome,
    outcomeOf(recorded),
    scenarios,
    differencesByCircumstances(trace, recorded),
  );
}

/** What no rule allows, in sentences. */
export const divergences = ({ differences }: Verdict): readonly string[] =>
  differences.filter(({ rule }) => rule === null).map(({ sentence }) => sentence);
