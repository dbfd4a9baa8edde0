import * as v from 'valibot';
import { PlaygroundError } from '../errors.ts';
import { parseJson, parseWith } from '../parsing.ts';
import { readPartition } from '../protocol/partitions.ts';
import { parseScenario } from '../scenarios/parse-scenario.ts';
import type { Trace } from './events.ts';
import { RECORDING_FORMAT, type RecordingHeader, type RecordingLine } from './recording-types.ts';
import { traceOfRecording } from './recording-trace.ts';

const timeMs = v.pipe(v.number(), v.minValue(0));
const printed = v.pipe(
  v.string(),
  v.check((text) => readPartition(text) !== null, 'expected a partition such as "orders-0"'),
);
const body = v.record(v.string(), v.unknown());
const texts = v.record(v.string(), v.string());

const headerSchema = v.strictObject({
  format: v.literal(RECORDING_FORMAT, `expected "${RECORDING_FORMAT}"`),
  scenario: v.unknown(),
  kafka: v.string(),
  clients: texts,
  recordedAt: v.string(),
  memberIds: v.record(v.string(), v.array(v.string())),
  topicIds: v.optional(texts, {}),
});

const lineSchema = v.variant(
  'type',
  [
    v.looseObject({ atMs: timeMs, type: v.literal('command'), do: v.string() }),
    v.strictObject({ atMs: timeMs, type: v.literal('ready'), member: v.string() }),
    v.pipe(
      v.strictObject({
        atMs: timeMs,
        type: v.literal('request'),
        member: v.nullable(v.string()),
        api: v.string(),
        version: v.number(),
        tookMs: timeMs,
        request: body,
        response: body,
        errors: v.exactOptional(v.array(v.string())),
      }),
    ),
    v.strictObject({
      atMs: timeMs,
      type: v.literal('callback'),
      member: v.string(),
      callback: v.picklist(['assigned', 'revoked', 'lost']),
      partitions: v.array(printed),
    }),
    v.strictObject({
      atMs: timeMs,
      type: v.literal('records'),
      member: v.string(),
      partition: printed,
      firstOffset: timeMs,
      lastOffset: timeMs,
    }),
    v.strictObject({
      atMs: timeMs,
      type: v.literal('committed'),
      member: v.string(),
      offsets: v.record(v.string(), v.number()),
      how: v.picklist(['auto', 'sync']),
    }),
    v.strictObject({
      atMs: timeMs,
      type: v.literal('error'),
      member: v.string(),
      exception: v.string(),
      message: v.string(),
    }),
    v.strictObject({
      atMs: timeMs,
      type: v.literal('exit'),
      member: v.string(),
      code: v.nullable(v.number()),
    }),
  ],
  'expected a line of type command, ready, request, callback, records, committed, error or exit',
);

/**
 * Reads the text of a `*.recording.jsonl`.
 *
 * @param what how messages name it, such as the file's name.
 * @throws PlaygroundError `not-json` or `recording-invalid`, naming the line and the path in it.
 */
export function parseRecording(text: string, what = 'The recording'): Trace {
  const rows = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  const [first, ...others] = rows.filter(({ line }) => line.trim() !== '');
  if (first === undefined) {
    throw new PlaygroundError(
      'recording-invalid',
      `${what} is empty.`,
      'Give a file whose first line is the header of a recording.',
    );
  }
  const where = `${what}, line ${first.number}`;
  const header = parseRecordingHeader(parseJson(first.line, where), where);
  const lines = others.map(({ line, number }) => {
    const where = `${what}, line ${number}`;
    return parseRecordingLine(parseJson(line, where), where);
  });
  return traceOfRecording(header, lines);
}

/** @throws PlaygroundError `recording-invalid` or `scenario-invalid`, naming the JSON path. */
export function parseRecordingHeader(value: unknown, what: string): RecordingHeader {
  const header = parseWith(headerSchema, value, {
    code: 'recording-invalid',
    what,
    remedy: 'Correct the header; see engine/trace/README.md for its fields.',
  });
  return { ...header, scenario: parseScenario(header.scenario, `${what}, $.scenario`) };
}

/** @throws PlaygroundError `recording-invalid`, naming the JSON path. */
export function parseRecordingLine(value: unknown, what: string): RecordingLine {
  return parseWith(lineSchema, value, {
    code: 'recording-invalid',
    what,
    remedy: 'Correct or remove the line; see engine/trace/README.md for its fields.',
  });
}
