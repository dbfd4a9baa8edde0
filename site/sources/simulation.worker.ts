import { PlaygroundError, simulate } from '../../engine/index.ts';
import type { SimulationAnswer, SimulationOrder } from './simulated.ts';

/** Runs one scenario for each order that comes. */
self.addEventListener('message', (event: MessageEvent<SimulationOrder>) => {
  const { id, scenario, options } = event.data;
  let answer: SimulationAnswer;
  try {
    answer = { id, trace: simulate(scenario, options), problem: null };
  } catch (error) {
    const isKnown = error instanceof PlaygroundError;
    const problem = error instanceof Error ? error.message : String(error);
    const remedy = isKnown ? error.remedy : 'Load the page again.';
    answer = { id, trace: null, problem: { problem, remedy } };
  }
  self.postMessage(answer);
});
