import { parseScenario } from './parse-scenario.ts';

const config = {
  'partition.assignment.strategy': 'range',
  'session.timeout.ms': 6000,
  'heartbeat.interval.ms': 1500,
};

/** Lesson 1: C1 and C2 share four partitions; C3 joins, and everybody stops. */
export const eagerJoin = parseScenario({
  format: 'rebalance-scenario/1',
  name: 'eager-join',
  title: 'A third member joins an eager group',
  group: 'orders-app',
  topics: [{ name: 'orders', partitions: 4 }],
  members: ['C1', 'C2', 'C3'].map((name) => ({
    name,
    client: 'java',
    topics: ['orders'],
    config,
  })),
  script: [
    { atMs: 0, do: 'start', member: 'C1' },
    { atMs: 1200, do: 'start', member: 'C2' },
    { atMs: 12000, do: 'start', member: 'C3' },
  ],
  untilMs: 22000,
});
