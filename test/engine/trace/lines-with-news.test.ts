import { describe, expect, it } from 'vitest';
import {
  LinesWithNews,
  ownershipOf,
  rebalancesOf,
  traceOfRecording,
  view,
  type RecordedRequest,
  type RecordingLine,
  type Trace,
} from '../../../engine/index.ts';
import { MORE_RECORDING_NAMES, RECORDING_NAMES, readLines } from '../../support/recordings.ts';

const ALL = [...RECORDING_NAMES, ...MORE_RECORDING_NAMES];

/** What is counted of a group. */
function tellOf(trace: Trace): unknown {
  const { coordinator, partitions } = view(trace, trace.events.length - 1);
  return {
    coordinator,
    committed: partitions.map(({ committedOffset }) => committedOffset),
    rebalances: rebalancesOf(trace).map(({ reason, cause, generationId }) => ({
      ...{ reason, cause, generationId },
    })),
    ownerless: ownershipOf(trace).map(({ ownerlessMs }) => ownerlessMs),
  };
}

function withNews(lines: readonly RecordingLine[]): readonly RecordingLine[] {
  const kept = new LinesWithNews();
  for (const line of lines) kept.add(line);
  return kept.lines;
}

describe('LinesWithNews', () => {
  it.each(ALL)(
    'tells of %s the same as all lines do, also where only requests are heard',
    (name) => {
      const { header, lines } = readLines(name);
      for (const all of [lines, lines.filter(({ type }) => type === 'request')]) {
        const few = withNews(all);
        expect(few.length).toBeLessThanOrEqual(all.length);
        expect(tellOf(traceOfRecording(header, few))).toEqual(
          tellOf(traceOfRecording(header, all)),
        );
      }
    },
  );

  it('does not grow with the time that a group is at rest', () => {
    const { lines } = readLines('eager-join');
    const isHeartbeat = (line: RecordingLine): line is RecordedRequest =>
      line.type === 'request' && line.api === 'Heartbeat' && line.errors === undefined;
    const heartbeat = lines.filter(isHeartbeat).at(-1);
    const atRest = Array.from({ length: 10_000 }, (_, index) => ({
      ...(heartbeat as RecordedRequest),
      atMs: 100_000 + index * 3_000,
    }));
    const few = withNews([...lines, ...atRest]);
    expect(few.length).toBeLessThan(lines.length + 2);
    expect(few).toContain(atRest.at(-1));
  });
});
