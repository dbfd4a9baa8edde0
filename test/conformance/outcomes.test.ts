import { describe, expect, it } from 'vitest';
import { PlaygroundError, compareOutcomes, outcomeOf, simulate } from '../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../support/recordings.ts';

/**
 * Recordings that the simulator refuses to play yet, each with what it lacks. One that it learns to
 * play has to leave this list: a refusal that does not come is a failure.
 */
const NOT_SIMULATED = new Map([
  ['consumer-protocol-crash', 'KIP-848'],
  ['consumer-protocol-join', 'KIP-848'],
  ['consumer-protocol-stall', 'KIP-848'],
  ['consumer-protocol-static-duplicate', 'KIP-848'],
  ['consumer-protocol-static-restart', 'KIP-848'],
  ['cooperative-crash', 'ooperative'],
  ['cooperative-join', 'ooperative'],
  ['sticky-join', 'ticky'],
  ['upgrade-two-bounces', 'ooperative'],
]);

const SIMULATED = RECORDING_NAMES.filter((name) => !NOT_SIMULATED.has(name));

describe('a simulated run', () => {
  it.each(SIMULATED)('comes to the recorded outcome: %s', (name) => {
    const { scenario, trace, outcome } = readCase(name);
    const simulated = simulate(scenario, { memberIds: trace.memberIds });
    const verdict = compareOutcomes(outcomeOf(simulated), outcome);
    expect(verdict.differences).toEqual([]);
  });

  it.each(SIMULATED)('comes to the same outcome with other latencies: %s', (name) => {
    const { scenario, trace, outcome } = readCase(name);
    for (let seed = 2; seed <= 12; seed += 1) {
      const simulated = simulate(scenario, { memberIds: trace.memberIds, seed });
      expect(compareOutcomes(outcomeOf(simulated), outcome).differences, `seed ${seed}`).toEqual(
        [],
      );
    }
  });

  it.each([...NOT_SIMULATED])('is refused where a rule is missing: %s', (name, lack) => {
    const { scenario } = readCase(name);
    expect(() => simulate(scenario)).toThrow(PlaygroundError);
    expect(() => simulate(scenario)).toThrow(lack);
  });
});

describe('a recording', () => {
  it.each(RECORDING_NAMES)('read as a trace comes to its outcome: %s', (name) => {
    const { trace, outcome } = readCase(name);
    const { varies: _varies, ...expected } = outcome;
    expect(outcomeOf(trace)).toEqual(expected);
  });
});
