import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { simulate, view, type Scenario, type Trace } from '../../engine/index.ts';
import { timesMs, type Figure } from './figures.ts';
import { rollingRestart } from './rolling-restart.ts';

/** A view is drawn in a frame of 16 ms, of which it may take a quarter. */
const BUDGET_MS = 4;
/** How many steps are looked at. */
const TRIES = 500;
/** From one of these steps to the next; a prime, so that they lie all over the trace. */
const STRIDE = 7_919;

/** `view` at steps all over a long trace, of a small group and of a large one. */
export function measureView(): readonly Figure[] {
  return [
    ...measure(rollingRestart({ memberCount: 5, partitionCount: 50, batchSize: 1, laps: 120 })),
    ...measure(rollingRestart({ memberCount: 400, partitionCount: 4_000, batchSize: 40 })),
  ];
}

function measure(scenario: Scenario): readonly Figure[] {
  const trace = simulate(scenario);
  const stepCount = trace.events.length;
  const where = `${scenario.members.length} members, ${stepCount} events`;
  const checkpointBytes = checkpointBytesOf(trace);
  let step = 0;
  const times = timesMs(TRIES, () => {
    step = (step + STRIDE) % stepCount;
    view(trace, step);
  });
  const figure = (which: string, value: number | undefined): Figure => ({
    name: `view of any step, ${where}, ${which} of ${TRIES}`,
    value: value ?? Number.NaN,
    unit: 'ms',
    budget: BUDGET_MS,
    isRate: false,
  });
  return [
    figure('fastest', times[0]),
    figure('median', times[TRIES / 2]),
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

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  if (typeof collectGarbage === 'function') collectGarbage();
  return process.memoryUsage().heapUsed;
}
