import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { assignLine, printAssignment } from '../../../engine/assignors/assign-line.ts';

/** What Kafka 4.3.1's own assignors answered; test/vectors/README.md says how they were asked. */
const LINES = gunzipSync(readFileSync(new URL('../../vectors/assignors.jsonl.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n');

const NAMES = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'uniform', 'range-broker'];

describe('assignLine', () => {
  it.each(NAMES)('answers as Kafka does in all vectors of %s', (name) => {
    const lines = LINES.filter((line) => line.startsWith(`{"assignor":"${name}"`));
    expect(lines).toHaveLength(500);
    const different = lines.filter((line) => {
      const { result } = JSON.parse(line) as { result: Record<string, readonly string[]> };
      const sorted = (of: typeof result) => JSON.stringify(Object.entries(of).sort());
      const answer = JSON.parse(printAssignment(assignLine(line, name))) as {
        result: typeof result;
      };
      return sorted(answer.result) !== sorted(result);
    });
    expect(different).toEqual([]);
  });
});
