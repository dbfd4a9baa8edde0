import { describe, expect, it } from 'vitest';
import { simulate } from '../../../engine/index.ts';
import { numberedFile, reportRepeats } from '../../../server/compare/repeats.ts';
import { printRanges } from '../../../server/compare/ranges.ts';
import { readCase } from '../../support/recordings.ts';

const { scenario, trace } = readCase('eager-join');

describe('numberedFile', () => {
  it.each([
    ['run.jsonl', 'run.2.jsonl'],
    ['runs.d/run', 'runs.d/run.2'],
    ['a.recording.jsonl', 'a.recording.2.jsonl'],
  ])('puts the number of the run before the ending: %s', (file, numbered) => {
    expect(numberedFile(file, 2)).toBe(numbered);
  });
});

describe('reportRepeats', () => {
  it('says that runs agree, and how long each milestone took beside simulations', () => {
    const { text, isSame } = reportRepeats([trace, trace, simulate(scenario, { seed: 5 })]);
    expect(isSame).toBe(true);
    expect(text).toMatch(/^All runs came to the same outcome\.\n\n/);
    expect(text).toMatch(
      /^start C3: generation 2 stable +(\d+) +314 +314 +\d+ +\d+ +\d+ +(within|\d+ ms (earlier|later))$/m,
    );
  });

  it('names each pair that does not agree, and where it parts', () => {
    const other = simulate(readCase('eager-crash').scenario);
    const { text, isSame } = reportRepeats([trace, other]);
    expect(isSame).toBe(false);
    expect(text).toMatch(
      /^2 of 3 comparisons: same outcome\.\nRun 1 and run 2: The runs diverge in/,
    );
    expect(text).toMatch(/C\d: recorded has .*, simulated has /);
  });

  it('says so where a scenario cannot be simulated', () => {
    const members = trace.scenario.members.map((member) => ({
      ...member,
      client: 'librdkafka' as const,
      config: { 'group.protocol': 'consumer' },
    }));
    const unsimulated = { ...trace, scenario: { ...trace.scenario, members } };
    expect(reportRepeats([unsimulated]).text).toMatch(/^The scenario cannot be simulated\.\n/);
  });
});

describe('printRanges', () => {
  const run = (seed: number) => simulate(scenario, { seed });
  const first = { title: '2 runs', traces: [run(1), run(2)] };

  it('says how the second set lies to the range of the first', () => {
    const late = { ...trace, events: trace.events.slice(0, -1) };
    const table = printRanges(first, { title: '1 recorded', traces: [late] });
    expect(table).toMatch(/^start C3: generation 2 stable .* \d+ ms later$/m);
    expect(printRanges(first, first)).not.toMatch(/earlier|later/);
  });

  it('says how many of the runs reached a milestone that not all reached', () => {
    const short = simulate({ ...scenario, untilMs: 10_000 });
    const table = printRanges({ title: '2 runs', traces: [run(1), short] }, first);
    expect(table).toMatch(/^start C3: generation 2 stable .*; only 1 of 2 runs$/m);
  });
});
