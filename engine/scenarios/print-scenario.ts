import type { Scenario } from './scenario.ts';

/** A scenario as a file holds it: what may be left out and is not given is left out. */
export function printScenario(scenario: Scenario): Readonly<Record<string, unknown>> {
  return {
    ...scenario,
    script: scenario.script.map((command) =>
      Object.fromEntries(
        Object.entries(command).filter(([key, value]) => key !== 'partition' || value !== null),
      ),
    ),
  };
}
