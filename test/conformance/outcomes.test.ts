import { describe, expect, it } from 'vitest';
import {
  compareOutcomes,
  circumstancesOf,
  outcomeOf,
  simulate,
  type Verdict,
} from '../../engine/index.ts';
import {
  MORE_RECORDING_NAMES,
  RECORDING_NAMES,
  readCase,
  readMore,
} from '../support/recordings.ts';

/** Differences that no rule allows. */
const divergences = ({ differences }: Verdict): readonly string[] =>
  differences.filter(({ rule }) => rule === null).map(({ sentence }) => sentence);

describe('a simulated run', () => {
  it.each(RECORDING_NAMES)('comes to the recorded outcome: %s', (name) => {
    const { scenario, trace, outcome } = readCase(name);
    const simulated = simulate(scenario, circumstancesOf(trace));
    const verdict = compareOutcomes(outcomeOf(simulated), outcome);
    expect(divergences(verdict)).toEqual([]);
  });

  it.each(RECORDING_NAMES)('comes to the same outcome with other latencies: %s', (name) => {
    const { scenario, trace, outcome } = readCase(name);
    for (let seed = 2; seed <= 12; seed += 1) {
      const simulated = simulate(scenario, { ...circumstancesOf(trace), seed });
      const verdict = compareOutcomes(outcomeOf(simulated), outcome);
      expect(divergences(verdict), `seed ${seed}`).toEqual([]);
    }
  });
});

describe('a simulated run of one of the other recordings', () => {
  it.each(MORE_RECORDING_NAMES)('comes to its outcome, whatever the latencies: %s', (name) => {
    const recorded = readMore(name);
    for (let seed = 1; seed <= 4; seed += 1) {
      const simulated = simulate(recorded.scenario, { ...circumstancesOf(recorded), seed });
      expect(outcomeOf(simulated), `seed ${seed}`).toEqual(outcomeOf(recorded));
    }
  });
});

describe('a recording', () => {
  it.each(RECORDING_NAMES)('read as a trace comes to its outcome: %s', (name) => {
    const { trace, outcome } = readCase(name);
    const { varies: _varies, ...expected } = outcome;
    expect(outcomeOf(trace)).toEqual(expected);
  });
});
