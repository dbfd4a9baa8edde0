import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenInvariants } from '../../engine/index.ts';
import { simulateWith } from '../../engine/simulate.ts';
import { SEED } from '../support/builders.ts';
import { aGeneratedRun } from '../support/generated.ts';
import { MUTANTS } from './broken-coordinator.ts';

const FEW_COMMANDS = 6;

describe('a coordinator that', () => {
  it.each(MUTANTS)('$wrong is found out by a short script', ({ promise, rules }) => {
    const isKept = fc.property(aGeneratedRun, ({ scenario, seed }) => {
      const broken = brokenInvariants(simulateWith(scenario, { seed }, rules));
      return broken.every((breach) => breach.promise !== promise);
    });
    const { counterexample } = fc.check(isKept, { seed: SEED, numRuns: 500 });
    const [run] = counterexample ?? [];
    expect(run?.scenario.script.length).toBeLessThanOrEqual(FEW_COMMANDS);
  });
});
