import { parseScenario, printTrace, simulate } from '../../engine/index.ts';
import { fastestMs, type Figure } from './figures.ts';

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

/** How fast events are simulated, and how large they are when they are printed. */
export function measureEvents(): readonly Figure[] {
  const scenario = manyMembers(30);
  const trace = simulate(scenario);
  const eventCount = trace.events.length;
  const simulateMs = fastestMs(3, () => simulate(scenario));
  return [
    {
      name: 'simulated events',
      value: eventCount / (simulateMs / 1_000),
      unit: '1/s',
      budget: 100_000,
      isRate: true,
    },
    {
      name: `trace of ${eventCount} events, printed`,
      value: Buffer.byteLength(printTrace(trace)) / 1e6,
      unit: 'MB',
      budget: 64,
      isRate: false,
    },
  ];
}
