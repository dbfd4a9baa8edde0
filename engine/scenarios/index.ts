import type { Scenario } from './scenario.ts';
import { eagerJoin } from './eager-join.ts';

/** The scenarios that come with the playground, by their names. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [eagerJoin].map((scenario) => [scenario.name, scenario]),
);
