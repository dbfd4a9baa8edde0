import { describe, expect, it } from 'vitest';
import { PlaygroundError } from '../../../engine/errors.ts';
import { aScenario } from '../../support/builders.ts';

/** What is wrong with a scenario of these broker settings, and where. */
function problemOf(broker: Readonly<Record<string, string | number>>): string {
  try {
    aScenario({ broker });
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    expect(error.remedy).not.toBe('');
    return error.message;
  }
  return '';
}

const SESSION = 'group.consumer.session.timeout.ms';
const HEARTBEAT = 'group.consumer.heartbeat.interval.ms';
const INTERVAL = 'group.consumer.assignment.interval.ms';

describe('broker settings', () => {
  it.each([
    {},
    { [SESSION]: 6_000, [HEARTBEAT]: 1_000 },
    { [SESSION]: 90_000, 'group.consumer.max.session.timeout.ms': 90_000 },
    {
      [SESSION]: 500,
      'group.consumer.min.session.timeout.ms': 500,
      [HEARTBEAT]: 499,
      'group.consumer.min.heartbeat.interval.ms': 1,
    },
    { [INTERVAL]: 0 },
    { 'group.consumer.assignors': 'range, uniform' },
    { 'group.consumer.migration.policy': 'Disabled' },
    { 'group.min.session.timeout.ms': 9_000, 'group.max.session.timeout.ms': 1_000 },
  ])('%o let a broker start', (broker) => {
    expect(problemOf(broker)).toBe('');
  });

  it.each([
    [{ 'group.max.size': 0 }, 'group.max.size'],
    [{ 'group.initial.rebalance.delay.ms': 2_147_483_648 }, 'from 0 to 2147483647'],
    [{ [SESSION]: 0 }, SESSION],
    [
      { [SESSION]: 900, [HEARTBEAT]: 600 },
      `expected at least group.consumer.min.session.timeout.ms, which is 1000`,
    ],
    [
      { [SESSION]: 60_001 },
      'expected at most group.consumer.max.session.timeout.ms, which is 60000',
    ],
    [
      { [HEARTBEAT]: 400 },
      'expected at least group.consumer.min.heartbeat.interval.ms, which is 500',
    ],
    [
      { [HEARTBEAT]: 15_001 },
      'expected at most group.consumer.max.heartbeat.interval.ms, which is 15000',
    ],
    [{ [SESSION]: 5_000 }, `expected more than ${HEARTBEAT}, which is 5000`],
    [{ [SESSION]: 10_000, [HEARTBEAT]: 10_000 }, `expected less than ${SESSION}, which is 10000`],
    [
      { 'group.consumer.min.session.timeout.ms': 50_000 },
      `expected at most ${SESSION}, which is 45000`,
    ],
    [
      { [INTERVAL]: 15_001 },
      'expected at most group.consumer.max.assignment.interval.ms, which is 15000',
    ],
    [
      { 'group.consumer.min.assignment.interval.ms': 2_000 },
      `expected at most ${INTERVAL}, which is 1000`,
    ],
    [{ 'group.consumer.assignors': 'uniform,uniform' }, 'names "uniform" twice'],
    [{ 'group.consumer.assignors': '' }, 'is "", expected uniform or range'],
    [{ 'group.consumer.migration.policy': 'both' }, 'is "both"'],
    [{ 'group.coordinator.threads': 4 }, 'is not a broker setting'],
  ])('%o do not: %s', (broker, words) => {
    expect(problemOf(broker)).toContain(words);
    expect(problemOf(broker)).toContain('$.broker');
  });
});
