import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResults } from '../../server/conformance/matrix-results.ts';
import { withMatrix } from '../../server/conformance/matrix-table.ts';
import { RECORDING_NAMES } from '../support/recordings.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const results = parseResults(read('./matrix.jsonl'), 'matrix.jsonl');

describe('the matrix in README.md', () => {
  it('is what the results print to: edited by nobody, made by `playground matrix`', () => {
    const readme = read('../../README.md');
    expect(withMatrix(readme, results, 'README.md')).toBe(readme);
  });

  it('has every recorded scenario', () => {
    const scenarios = new Set(results.map(({ scenario }) => scenario));
    expect([...scenarios].sort()).toEqual(RECORDING_NAMES);
  });
});
