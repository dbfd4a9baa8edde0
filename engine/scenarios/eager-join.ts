import { asGroupId, asMemberName } from '../protocol/ids.ts';
import { SCENARIO_FORMAT, type Scenario } from './scenario.ts';

const C1 = asMemberName('C1');
const C2 = asMemberName('C2');
const C3 = asMemberName('C3');

/** Lesson 1: C1 and C2 share four partitions; C3 joins, and everybody stops. */
export const eagerJoin: Scenario = {
  format: SCENARIO_FORMAT,
  name: 'eager-join',
  title: 'A third member joins an eager group',
  group: asGroupId('orders-app'),
  broker: {},
  topics: [{ name: 'orders', partitions: 4 }],
  members: [C1, C2, C3].map((name) => ({
    name,
    client: 'java',
    topics: ['orders'],
    config: {
      'partition.assignment.strategy': 'range',
      'session.timeout.ms': 6000,
      'heartbeat.interval.ms': 1500,
    },
    work: { perRecordMs: 0, commitInRevoked: false },
  })),
  script: [
    { atMs: 0, do: 'start', member: C1 },
    { atMs: 1200, do: 'start', member: C2 },
    { atMs: 12000, do: 'start', member: C3 },
  ],
  untilMs: 22000,
};
