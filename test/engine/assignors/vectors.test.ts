import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { assignLine, printAssignment } from '../../../engine/assignors/assign-line.ts';

/** What Kafka 4.3.1's own assignors answered; test/vectors/README.md says how they were asked. */
const readVectors = (name: string): readonly string[] =>
  gunzipSync(readFileSync(new URL(`../../vectors/${name}.jsonl.gz`, import.meta.url)))
    .toString()
    .trim()
    .split('\n');

type Result = Readonly<Record<string, readonly string[]>>;

const answerTo = (line: string): Result =>
  (JSON.parse(printAssignment(assignLine(line, 'a vector'))) as { readonly result: Result }).result;

/** In which order members stand in a result does not matter. */
const sorted = (result: Result): string => JSON.stringify(Object.entries(result).sort());

const differentFromKafka = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => {
    const { result } = JSON.parse(line) as { readonly result: Result };
    return sorted(answerTo(line)) !== sorted(result);
  });

const linesOf = (lines: readonly string[], assignor: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`{"assignor":"${assignor}"`));

/** The same group without racks. */
function withoutRacks(line: string): string {
  const { members, ...rest } = JSON.parse(line) as { readonly members: readonly object[] };
  return JSON.stringify({
    ...rest,
    partitionRacks: {},
    members: members.map((member) => ({ ...member, rackId: null })),
  });
}

const VECTORS = readVectors('assignors');
const RACK_VECTORS = readVectors('racks');
const NAMES = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'uniform', 'range-broker'];
const RACK_AWARE = ['range', 'sticky', 'cooperative-sticky'];

describe('assignLine', () => {
  it.each(NAMES)('answers as Kafka does in all vectors of %s', (name) => {
    const lines = linesOf(VECTORS, name);
    expect(lines).toHaveLength(500);
    expect(differentFromKafka(lines)).toEqual([]);
  });

  it.each(NAMES)('answers as Kafka does where members of %s are in racks', (name) => {
    const lines = linesOf(RACK_VECTORS, name);
    expect(lines).toHaveLength(RACK_AWARE.includes(name) ? 120 : 20);
    expect(differentFromKafka(lines)).toEqual([]);
  });

  it.each(NAMES)('goes by racks under %s if that is rack-aware', (name) => {
    const changed = linesOf(RACK_VECTORS, name).filter(
      (line) => sorted(answerTo(line)) !== sorted(answerTo(withoutRacks(line))),
    );
    expect(changed.length > 30).toBe(RACK_AWARE.includes(name));
  });

  // Kafka's own, given this group, was still moving partitions when it was stopped after a minute.
  it('says so where Kafka’s leader never comes to an end', () => {
    const topic2 = (...numbers: readonly number[]) => numbers.map((number) => `topic2-${number}`);
    const aMember = (
      memberId: string,
      topics: readonly string[],
      owned: readonly string[],
      generationId = 7,
    ) => ({ memberId, topics, owned, generationId });
    const line = aLine({
      assignor: 'cooperative-sticky',
      topics: { topic2: 14, zz: 1, orders: 3, payments: 1 },
      members: [
        aMember('Zz312', ['zz', 'orders', 'payments'], ['orders-1']),
        aMember('Zz803', ['orders'], ['orders-0', 'orders-2']),
        aMember('A594', ['topic2'], topic2(3, 4, 8, 11, 12), 6),
        aMember('mab5', ['topic2'], topic2(1, 5, 9, 13)),
        aMember('m1d7', ['topic2', 'orders'], [], -1),
        aMember('A376', ['topic2'], topic2(0, 2, 6, 7, 10)),
      ],
    });
    expect(() => assignLine(line, 'Line 1')).toThrow('never come to an end');
  });

  const aLine = (parts: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({
      assignor: 'range',
      topics: { orders: 2 },
      members: [{ memberId: 'a', rackId: 'r1', topics: ['orders'] }],
      ...parts,
    });

  it.each([
    [
      { partitionRacks: { orders: [['r1']] } },
      '$.partitionRacks.orders has 1 lists of racks, expected one for each of 2 partitions',
    ],
    [{ partitionRacks: { other: [] } }, '$.partitionRacks.other is a topic that is not in topics'],
    [{ partitionRacks: { orders: ['r1', 'r2'] } }, '$.partitionRacks.orders[0]'],
    [{ partitionRacks: { orders: [[''], ['r1']] } }, '$.partitionRacks.orders[0][0]'],
    [{ members: [{ memberId: 'a', rackId: 1, topics: [] }] }, '$.members[0].rackId'],
  ])('refuses %j and says where the mistake is', (parts, problem) => {
    expect(() => assignLine(aLine(parts), 'Line 1')).toThrow(problem);
  });
});
