import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figures.ts';
import type { RollingRestart } from './rolling-restart.ts';
import type { Simulated } from './simulate-alone.ts';

const LARGE = { memberCount: 1_000, partitionCount: 10_000, batchSize: 100 };
const TRIES = 5;
/** What is measured is what the run needs, not what the collector leaves lying while there is room. */
const HEAP_MB = 350;

/** Large groups that join and are then restarted, each simulated in a process of its own. */
export const measureGroups = (): readonly Figure[] => [
  ...measure('dynamic', LARGE),
  ...measure('static', { ...LARGE, isStatic: true }),
];

/** The shortest time of some tries, and the most memory. */
function measure(membership: string, restart: RollingRestart): readonly Figure[] {
  const tries = Array.from({ length: TRIES }, () => simulateAlone(restart));
  const { memberCount, partitionCount, batchSize } = restart;
  const [{ eventCount, generationCount } = { eventCount: 0, generationCount: 0 }] = tries;
  const name =
    `${memberCount} ${membership} members, ${partitionCount} partitions: join, restart ` +
    `${batchSize} at a time; ${eventCount} events, ${generationCount} generations`;
  return [
    {
      name,
      value: Math.min(...tries.map(({ tookMs }) => tookMs)) / 1_000,
      unit: 's',
      budget: 5,
      isRate: false,
    },
    {
      name: `${name}, peak resident memory`,
      value: Math.max(...tries.map(({ peakBytes }) => peakBytes)) / 1e6,
      unit: 'MB',
      budget: 500,
      isRate: false,
    },
  ];
}

function simulateAlone(restart: RollingRestart): Simulated {
  const program = fileURLToPath(new URL('simulate-alone.ts', import.meta.url));
  const printed = execFileSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', program, JSON.stringify(restart)],
    { encoding: 'utf8' },
  );
  return JSON.parse(printed) as Simulated;
}
