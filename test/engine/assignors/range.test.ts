import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { range } from '../../../engine/assignors/range.ts';
import { asGroupInstanceId, asMemberId } from '../../../engine/protocol/ids.ts';
import { printPartition } from '../../../engine/protocol/partitions.ts';

const vectorSchema = v.object({
  assignor: v.string(),
  topics: v.record(v.string(), v.number()),
  members: v.array(
    v.object({
      memberId: v.string(),
      groupInstanceId: v.nullable(v.string()),
      topics: v.array(v.string()),
    }),
  ),
  result: v.record(v.string(), v.array(v.string())),
});

const VECTORS = gunzipSync(
  readFileSync(new URL('../../vectors/assignors.jsonl.gz', import.meta.url)),
)
  .toString()
  .trim()
  .split('\n')
  .map((line) => v.parse(vectorSchema, JSON.parse(line)))
  .filter(({ assignor }) => assignor === 'range');

describe('range', () => {
  it('deals as Kafka’s RangeAssignor does, in all its vectors', () => {
    expect(VECTORS).toHaveLength(500);
    for (const vector of VECTORS) {
      const members = vector.members.map(({ memberId, groupInstanceId, topics }) => ({
        memberId: asMemberId(memberId),
        groupInstanceId: groupInstanceId === null ? null : asGroupInstanceId(groupInstanceId),
        subscription: {
          topics,
          ownedPartitions: [],
          generationId: null,
          rackId: null,
          userData: null,
        },
      }));
      const dealt = range.assign(members, new Map(Object.entries(vector.topics)));
      const printed = Object.fromEntries(
        [...dealt].map(([memberId, partitions]) => [memberId, partitions.map(printPartition)]),
      );
      expect(printed).toEqual(vector.result);
    }
  });
});
