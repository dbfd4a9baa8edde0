import { describe, expect, it } from 'vitest';
import {
  compareTraces,
  circumstancesOf,
  parseRecording,
  simulate,
  type Trace,
} from '../../../engine/index.ts';
import { printSideBySide } from '../../../server/compare/print-comparison.ts';
import { aScenario } from '../../support/builders.ts';
import { readCase, readText } from '../../support/recordings.ts';

const WIDTH = 140;

const print = (left: Trace, right: Trace, isWhole: boolean, width = WIDTH): readonly string[] => {
  const verdict = compareTraces(left, right);
  const runs = { left, right, names: ['here', 'there'] as const, verdict };
  return printSideBySide(runs, isWhole, width).split('\n');
};

const { scenario, trace } = readCase('eager-join');
const simulated = simulate(scenario, circumstancesOf(trace));

describe('printSideBySide', () => {
  it('gives each row the time of either run, and "=" where they are the same', () => {
    const row = print(simulated, trace, true).find((line) => line.includes('MEMBER_ID_REQUIRED'));
    expect(row).toMatch(
      /^ +\d+ ms {2}JoinGroup: MEMBER_ID_REQUIRED +=  +\d+ ms {2}JoinGroup: MEMBER_ID_REQUIRED$/,
    );
  });

  it('says when a member comes into another generation', () => {
    const lines = print(simulated, trace, true).filter((line) => line.startsWith('-- '));
    expect(lines[0]).toMatch(/^-- generation 1 +-- generation 1$/);
    expect(lines[1]).toMatch(/^-- generation 2 +-- generation 2$/);
  });

  it('counts epochs of a member of the consumer protocol, each run by its own', () => {
    const text = print(
      simulate(readCase('consumer-protocol-join').scenario),
      readCase('consumer-protocol-join').trace,
      true,
    ).join('\n');
    expect(text).toMatch(/^-- epoch 2 +-- epoch \d$/m);
    expect(text).not.toContain('-- generation');
  });

  it('leaves a gap on the side that did nothing, and marks what is free to differ', () => {
    const { scenario: frozen, trace: recorded } = readCase('freeze-past-session');
    const lines = print(simulate(frozen, circumstancesOf(recorded)), recorded, true);
    expect(lines.filter((line) => line.includes(' ~ '))).toEqual([
      expect.stringMatching(/^= same {3}~ free/) as string,
      expect.stringMatching(/Heartbeat: UNKNOWN_MEMBER_ID +~ +-$/) as string,
      expect.stringMatching(/^ +- +~ +\d+ ms {2}Heartbeat: UNKNOWN_MEMBER_ID$/) as string,
    ]);
  });

  it('wraps what does not fit into its column, and keeps to the width', () => {
    const many = simulate(aScenario({ members: ['C1'], partitions: 40 }));
    const lines = print(many, many, true, 100);
    const rows = lines.slice(lines.findIndex((line) => line.startsWith('----')));
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(rows.join(' ')).toContain('orders-39');
  });

  it('prints without a wish for all of them only the members that a divergence is about', () => {
    const recorded = readText('kafkajs-join.recording.jsonl');
    const spoilt = parseRecording(
      recorded.replace('["orders-1"],"member":"C2"', '["orders-2"],"member":"C2"'),
    );
    const lines = print(simulate(spoilt.scenario, circumstancesOf(spoilt)), spoilt, false);
    expect(lines.filter((line) => / here +there$/.test(line))).toHaveLength(1);
    const parts = lines.indexOf('>>> The runs part here:');
    expect(lines[parts + 1]).toMatch(
      /assigned orders-1 +≠ +\d+ ms {2}listener: assigned orders-2$/,
    );
    expect(lines).toContain('Without a divergence: C1, C3.');
  });
});
