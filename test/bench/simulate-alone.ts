/** Simulates one rolling restart, given as JSON, and prints what that took of this process. */
import { simulate } from '../../engine/index.ts';
import { rollingRestart, type RollingRestart } from './rolling-restart.ts';

export interface Simulated {
  readonly eventCount: number;
  readonly generationCount: number;
  readonly tookMs: number;
  /** Peak resident memory of the process, Node and compiler included. */
  readonly peakBytes: number;
}

const scenario = rollingRestart(JSON.parse(process.argv[2] ?? '') as RollingRestart);
const beganMs = performance.now();
const { events } = simulate(scenario);
const simulated: Simulated = {
  tookMs: performance.now() - beganMs,
  peakBytes: process.resourceUsage().maxRSS * 1_024,
  eventCount: events.length,
  generationCount: events.filter(
    (event) => event.kind === 'groupState' && event.to === 'CompletingRebalance',
  ).length,
};
console.log(JSON.stringify(simulated));
