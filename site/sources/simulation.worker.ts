import { simulate } from '../../engine/index.ts';
import { problemOf, type SimulationAnswer, type SimulationOrder } from './simulated.ts';

/** Runs one scenario for each order that comes. */
self.addEventListener('message', (event: MessageEvent<SimulationOrder>) => {
  const { id, scenario, options } = event.data;
  let answer: SimulationAnswer;
  try {
    answer = { id, trace: simulate(scenario, options), problem: null };
  } catch (error) {
    answer = { id, trace: null, problem: problemOf(error) };
  }
  self.postMessage(answer);
});
