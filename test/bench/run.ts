/**
 * How fast the engine is, each figure against its budget: `npm run bench`, with `-- --json` one
 * object a line. A budget that is missed is said, and fails nothing: machines differ.
 */
import { parseScenario, printTrace, simulate, view } from '../../engine/index.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget: number;
  /** Whether more is better. */
  readonly isRate: boolean;
}

/** Members that come one by one and work for ten minutes. */
const manyMembers = (count: number) =>
  parseScenario({
    format: 'rebalance-scenario/1',
    name: 'bench',
    group: 'bench',
    topics: [{ name: 'orders', partitions: count * 2 }],
    members: Array.from({ length: count }, (_, index) => ({
      name: `C${index}`,
      topics: ['orders'],
    })),
    script: Array.from({ length: count }, (_, index) => ({
      atMs: index * 400,
      do: 'start',
      member: `C${index}`,
    })),
    untilMs: 600_000,
  });

/** Milliseconds that the fastest of some tries takes. */
function timeMs(run: () => void, tries = 5): number {
  const times = Array.from({ length: tries }, () => {
    const beganMs = performance.now();
    run();
    return performance.now() - beganMs;
  });
  return Math.min(...times);
}

const scenario = manyMembers(30);
const trace = simulate(scenario);
const eventCount = trace.events.length;
const simulateMs = timeMs(() => simulate(scenario), 3);
// A step somewhere in the trace, each time another; checkpoints are there after the first pass.
view(trace, eventCount - 1);
let step = 0;
const viewMs = timeMs(() => {
  step = (step + 7_919) % eventCount;
  view(trace, step);
}, 200);
const slowestViewMs = Math.max(
  ...Array.from({ length: 200 }, () =>
    timeMs(() => {
      step = (step + 7_919) % eventCount;
      view(trace, step);
    }, 1),
  ),
);
const megabytes = Buffer.byteLength(printTrace(trace)) / 1e6;

const figures: readonly Figure[] = [
  {
    name: 'simulated events',
    value: eventCount / (simulateMs / 1_000),
    unit: '1/s',
    budget: 100_000,
    isRate: true,
  },
  { name: 'view of any step, fastest', value: viewMs, unit: 'ms', budget: 4, isRate: false },
  {
    name: 'view of any step, slowest of 200',
    value: slowestViewMs,
    unit: 'ms',
    budget: 4,
    isRate: false,
  },
  {
    name: `trace of ${eventCount} events, printed`,
    value: megabytes,
    unit: 'MB',
    budget: 64,
    isRate: false,
  },
];

for (const figure of figures) {
  const isMet = figure.isRate ? figure.value >= figure.budget : figure.value <= figure.budget;
  const value = Number(figure.value.toPrecision(3));
  console.log(
    process.argv.includes('--json')
      ? JSON.stringify({ ...figure, value, isMet })
      : `${isMet ? 'met   ' : 'MISSED'} ${figure.name}: ${value} ${figure.unit} (budget ${figure.budget})`,
  );
}
