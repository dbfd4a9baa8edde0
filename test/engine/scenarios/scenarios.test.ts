import { describe, expect, it } from 'vitest';
import { SCENARIOS, parseScenario, printScenario } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';

describe('SCENARIOS', () => {
  it.each([...SCENARIOS])('has %s as its file would be read', (_, scenario) => {
    expect(parseScenario(printScenario(scenario))).toEqual(scenario);
  });
});

describe('racks of a topic', () => {
  const withRacks = (racks: unknown): unknown => ({
    ...printScenario(aScenario()),
    topics: [{ name: 'orders', partitions: 3, racks }],
  });

  it('are read and printed as they are given, and nowhere when they are not', () => {
    const racks = [['a'], ['b', 'c'], []];
    const { topics } = parseScenario(withRacks(racks));
    expect(topics).toEqual([{ name: 'orders', partitions: 3, racks }]);
    expect(JSON.stringify(printScenario(aScenario()))).not.toContain('racks');
  });

  it.each([
    [[], '$.topics[0].racks has length 0, expected the racks of at least one partition'],
    [['a'], '$.topics[0].racks[0] is "a", expected a list of racks'],
    [[['']], '$.topics[0].racks[0][0] has length 0, expected a text that is not empty'],
    [null, '$.topics[0].racks is null, expected a list with the racks of each partition'],
  ])('are refused when they are %j', (racks, problem) => {
    expect(() => parseScenario(withRacks(racks))).toThrow(problem);
  });
});
