import { describe, expect, it } from 'vitest';
import { SCENARIOS, parseScenario, printScenario } from '../../../engine/index.ts';

describe('SCENARIOS', () => {
  it.each([...SCENARIOS])('has %s as its file would be read', (_, scenario) => {
    expect(parseScenario(printScenario(scenario))).toEqual(scenario);
  });
});
