import {
  PlaygroundError,
  compareRuns,
  circumstancesOf,
  simulate,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import { printRanges } from './ranges.ts';

/** How many seeds give the simulated range. */
const SEEDS = 10;

/** `run.jsonl` of the second run becomes `run.2.jsonl`. */
export const numberedFile = (file: string, number: number): string =>
  file.replace(/(\.[^./\\]*)?$/, (ending) => `.${number}${ending}`);

/** What repeats of one scenario came to. */
export interface RepeatReport {
  readonly text: string;
  /** Whether outcomes agree among the repeats and with the simulation, but for what rules allow. */
  readonly isSame: boolean;
}

/**
 * Tells whether repeats of a scenario agree among themselves and with the simulation, and how long
 * each took to every milestone, beside the range of simulations that have the same ids and other
 * latencies.
 *
 * @param recorded at least one.
 */
export function reportRepeats(recorded: readonly Trace[]): RepeatReport {
  const [first, ...others] = recorded;
  if (first === undefined) throw new Error('bug: no run to report');
  const among = others.map((other, index) => ({
    what: `Run 1 and run ${index + 2}`,
    verdict: compareRuns(first, other),
  }));
  const simulated = simulateAll(recorded);
  const against = (simulated ?? []).slice(0, recorded.length).flatMap((run, index) => {
    const other = recorded[index];
    if (other === undefined) return [];
    return [{ what: `Simulation and run ${index + 1}`, verdict: compareRuns(run, other) }];
  });
  const verdicts = [...among, ...against];
  const differing = verdicts.filter(({ verdict }) => verdict.result !== 'same');
  const ranges = printRanges(
    { title: `${recorded.length} recorded`, traces: recorded },
    { title: `${simulated?.length ?? 0} simulated`, traces: simulated ?? [] },
  );
  const lines = [
    simulated === null ? 'The scenario cannot be simulated.' : null,
    differing.length === 0
      ? 'All runs came to the same outcome.'
      : `${verdicts.length - differing.length} of ${verdicts.length} comparisons: same outcome.`,
    ...differing.map(({ what, verdict }) => `${what}: ${sayVerdict(verdict)}`),
  ].filter((line) => line !== null);
  return {
    text: `${lines.join('\n')}\n\n${ranges}`,
    isSame: verdicts.every(({ verdict }) => verdict.result !== 'divergence'),
  };
}

function sayVerdict({ summary, parting }: Verdict): string {
  return parting === null || parting.rule !== null ? summary : `${summary} ${parting.sentence}`;
}

/** The first ones have the ids of one recorded run each; null for what cannot be simulated. */
function simulateAll(recorded: readonly Trace[]): readonly Trace[] | null {
  try {
    const count = Math.max(SEEDS, recorded.length);
    return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
      const run = recorded[index % recorded.length];
      return run === undefined
        ? []
        : [simulate(run.scenario, { ...circumstancesOf(run), seed: index + 1 })];
    });
  } catch (error) {
    if (error instanceof PlaygroundError && error.code === 'scenario-unsupported') return null;
    throw error;
  }
}
