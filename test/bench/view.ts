import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { simulate, view, type Scenario, type Trace } from '../../engine/index.ts';
import { fastestMs, type Figure } from './figures.ts';
import { rollingRestart } from './rolling-restart.ts';

/** A view is drawn in a frame of 16 ms, of which it may take a quarter. */
const BUDGET_MS = 4;
/** How many steps are looked at, each as often as it takes to leave other programs' work out. */
const STEPS = 500;
const TRIES = 5;
/** From one of these steps to the next; a prime, so that they lie all over the trace. */
const STRIDE = 7_919;

/** `view` at steps all over a trace of about 100,000 events, of a small group and of a large one. */
export function measureView(): readonly Figure[] {
  return [
    ...measure(rollingRestart({ memberCount: 5, partitionCount: 50, batchSize: 1, laps: 40 })),
    ...measure(rollingRestart({ memberCount: 300, partitionCount: 3_000, batchSize: 100 })),
  ];
}

function measure(scenario: Scenario): readonly Figure[] {
  const trace = simulate(scenario);
  const stepCount = trace.events.length;
  const where = `${scenario.members.length} members, ${stepCount} events`;
  const checkpointBytes = checkpointBytesOf(trace);
  const times = Array.from({ length: STEPS }, (_, index) =>
    fastestMs(TRIES, () => view(trace, (index * STRIDE) % stepCount)),
  ).sort((a, b) => a - b);
  const figure = (which: string, value: number | undefined): Figure => ({
    name: `view of any step, ${where}, ${which} of ${STEPS}`,
    value: value ?? Number.NaN,
    unit: 'ms',
    budget: BUDGET_MS,
    isRate: false,
  });
  return [
    figure('fastest', times[0]),
    figure('median', times[STEPS / 2]),
    figure('slowest', times.at(-1)),
    {
      name: `checkpoints of a view, ${where}`,
      value: checkpointBytes / 1e6,
      unit: 'MB',
      budget: 100,
      isRate: false,
    },
  ];
}

/** What a trace's view keeps in memory when all of its steps have been passed. */
function checkpointBytesOf(trace: Trace): number {
  const before = heapBytes();
  view(trace, trace.events.length - 1);
  return heapBytes() - before;
}

/** What is in use after garbage was collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}
