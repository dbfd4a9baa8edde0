import * as v from 'valibot';
import { PlaygroundError } from '../errors.ts';
import { parseJson, parseWith } from '../parsing.ts';
import { asMemberId, asMemberName } from '../protocol/ids.ts';
import { parseScenario } from '../scenarios/parse-scenario.ts';
import { TRACE_FORMAT, type Trace, type TraceEvent } from './events.ts';
import { OUTCOME_FORMAT, type Outcome } from './outcome-types.ts';

const texts = v.array(v.string());
const outcomeSchema = v.strictObject({
  format: v.literal(OUTCOME_FORMAT, `expected "${OUTCOME_FORMAT}"`),
  generations: v.array(
    v.strictObject({
      generationId: v.number(),
      protocolName: v.nullable(v.string()),
      leader: v.string(),
      assignment: v.record(v.string(), texts),
    }),
  ),
  callbacks: v.record(
    v.string(),
    v.array(
      v.strictObject({
        callback: v.picklist(['assigned', 'revoked', 'lost']),
        partitions: texts,
      }),
    ),
  ),
  errors: v.record(v.string(), texts),
  redelivered: v.record(v.string(), v.number()),
  final: v.record(v.string(), texts),
  varies: v.exactOptional(texts),
});

/** @throws PlaygroundError `outcome-invalid`, naming the JSON path. */
export function parseOutcome(value: unknown, what = 'The outcome'): Outcome {
  return parseWith(outcomeSchema, value, {
    code: 'outcome-invalid',
    what,
    remedy: 'Make it anew with `playground simulate FILE --outcome`.',
  });
}

const headerSchema = v.strictObject({
  format: v.literal(TRACE_FORMAT, `expected "${TRACE_FORMAT}"`),
  source: v.picklist(['simulated', 'recorded']),
  scenario: v.unknown(),
  seed: v.nullable(v.number()),
  versions: v.record(v.string(), v.string()),
  memberIds: v.record(v.string(), texts),
  topicIds: v.record(v.string(), v.string()),
});

const eventSchema = v.looseObject({
  step: v.number(),
  atMs: v.number(),
  actor: v.pipe(v.string(), v.regex(/^(script|coordinator|member\/.+)$/)),
  cause: v.nullable(v.number()),
  inferred: v.boolean(),
  kind: v.string(),
});

/** A trace as JSON Lines: a header, then one event a line. */
export function printTrace(trace: Trace): string {
  const { events, memberIds, topicIds, ...header } = trace;
  const ids = {
    memberIds: Object.fromEntries(memberIds),
    topicIds: Object.fromEntries(topicIds),
  };
  const lines = [{ ...header, ...ids }, ...events];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/**
 * Reads the text that `printTrace` wrote. Header, order and causes are checked; the facts of the
 * events are taken as they are.
 *
 * @throws PlaygroundError `trace-invalid` or `not-json`, naming the line.
 */
export function parseTrace(text: string, what = 'The trace'): Trace {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  const [first, ...others] = rows;
  if (first === undefined) {
    throw new PlaygroundError('trace-invalid', `${what} is empty.`, REMEDY);
  }
  const header = parseWith(headerSchema, parseJson(first, `${what}, line 1`), {
    code: 'trace-invalid',
    what: `${what}, line 1`,
    remedy: REMEDY,
  });
  const events = others.map((line, index) => readEvent(line, index, `${what}, line ${index + 2}`));
  return {
    ...header,
    scenario: parseScenario(header.scenario, `${what}, $.scenario`),
    memberIds: new Map(
      Object.entries(header.memberIds).map(([name, ids]) => [
        asMemberName(name),
        ids.map(asMemberId),
      ]),
    ),
    topicIds: new Map(Object.entries(header.topicIds)),
    events,
  };
}

const REMEDY = 'Make it anew with `playground simulate FILE --trace`.';

function readEvent(line: string, step: number, what: string): TraceEvent {
  const where = { code: 'trace-invalid', what, remedy: REMEDY } as const;
  const event = parseWith(eventSchema, parseJson(line, what), where);
  const isInOrder = event.step === step && (event.cause === null || event.cause < step);
  if (!isInOrder) {
    throw new PlaygroundError(
      'trace-invalid',
      `${what}: step ${event.step} is out of order.`,
      REMEDY,
    );
  }
  // The facts were written by printTrace; their shapes are not checked one by one.
  return event as unknown as TraceEvent;
}
