import * as v from 'valibot';
import { PROBLEM_CODES } from '../errors.ts';
import { parseWith } from '../parsing.ts';
import { GROUP_STATES } from '../protocol/facts.ts';
import { CLIENT_KINDS } from '../protocol/config.ts';
import type {
  BridgeStatus,
  LiveMessage,
  RunStarted,
  StartRun,
  StartTap,
  TapMessage,
  TapStarted,
} from './live-run.ts';
import { parseRecordingHeader, parseRecordingLine } from './recording.ts';

const client = v.picklist(CLIENT_KINDS);
const code = v.picklist(PROBLEM_CODES);

const startRun = v.strictObject({ scenario: v.unknown(), client: v.nullable(client) });

/** @throws PlaygroundError `usage`, naming the JSON path. */
export const parseStartRun = (value: unknown): StartRun =>
  parseWith(startRun, value, {
    code: 'usage',
    what: 'The body',
    remedy: `Send { scenario, client }; client is ${CLIENT_KINDS.join(', ')}, or null for the members’ own.`,
  });

const LONGEST_GROUP_ID = 1_000;
const startTap = {
  to: v.string(),
  listen: v.string(),
  group: v.nullable(v.pipe(v.string(), v.nonEmpty(), v.maxLength(LONGEST_GROUP_ID))),
};

/** @throws PlaygroundError `usage`, naming the JSON path. */
export const parseStartTap = (value: unknown): StartTap =>
  parseWith(v.strictObject(startTap), value, {
    code: 'usage',
    what: 'The body',
    remedy:
      'Send { to, listen, group }: two addresses, host:port each, and a group id, or null for every group.',
  });

/** Why an answer of the bridge is not what this page knows. */
const FOREIGN_ANSWER = {
  code: 'page-unreachable',
  what: 'The server’s answer',
  remedy: 'Load the page again: it may be of another version than the server.',
} as const;

const runStarted = v.strictObject({ runId: v.string() });

/** @throws PlaygroundError `page-unreachable`, naming the JSON path. */
export const parseRunStarted = (value: unknown): RunStarted =>
  parseWith(runStarted, value, FOREIGN_ANSWER);

const tapStarted = v.strictObject({ tapId: v.string() });

/** @throws PlaygroundError `page-unreachable`, naming the JSON path. */
export const parseTapStarted = (value: unknown): TapStarted =>
  parseWith(tapStarted, value, FOREIGN_ANSWER);

const bridgeStatus = v.strictObject({
  version: v.string(),
  token: v.nullable(v.string()),
  broker: v.strictObject({
    kind: v.picklist(['foreign', 'maven', 'docker', 'none']),
    text: v.string(),
  }),
  clients: v.array(v.strictObject({ client, isAvailable: v.boolean(), text: v.string() })),
  runId: v.nullable(v.string()),
  tap: v.nullable(v.strictObject({ tapId: v.string(), ...startTap })),
});

/** @throws PlaygroundError `page-unreachable`, naming the JSON path. */
export const parseBridgeStatus = (value: unknown): BridgeStatus =>
  parseWith(bridgeStatus, value, FOREIGN_ANSWER);

const groupPoll = v.strictObject({
  atMs: v.number(),
  tookMs: v.number(),
  state: v.nullable(v.picklist(GROUP_STATES)),
  groupEpoch: v.nullable(v.number()),
  memberCount: v.number(),
});

const liveMessage = v.variant('type', [
  v.strictObject({ type: v.literal('progress'), text: v.string() }),
  v.strictObject({ type: v.literal('header'), header: v.unknown() }),
  v.strictObject({ type: v.literal('line'), line: v.unknown() }),
  v.strictObject({ type: v.literal('polled'), poll: groupPoll }),
  v.strictObject({ type: v.literal('end'), header: v.unknown() }),
  v.strictObject({ type: v.literal('problem'), code, problem: v.string(), remedy: v.string() }),
]);

/** @throws PlaygroundError `page-unreachable` or `recording-invalid`, naming the JSON path. */
export function parseLiveMessage(value: unknown): LiveMessage {
  const message = parseWith(liveMessage, value, FOREIGN_ANSWER);
  switch (message.type) {
    case 'header':
    case 'end':
      return { ...message, header: parseRecordingHeader(message.header, 'The run’s header') };
    case 'line':
      return { ...message, line: parseRecordingLine(message.line, 'A line of the run') };
    default:
      return message;
  }
}

const tapMessage = v.variant('type', [
  v.strictObject({ type: v.literal('group'), group: v.string(), message: v.unknown() }),
  v.strictObject({ type: v.literal('full'), problem: v.string(), remedy: v.string() }),
  v.strictObject({ type: v.literal('end') }),
]);

/** @throws PlaygroundError `page-unreachable` or `recording-invalid`, naming the JSON path. */
export function parseTapMessage(value: unknown): TapMessage {
  const message = parseWith(tapMessage, value, FOREIGN_ANSWER);
  return message.type === 'group'
    ? { ...message, message: parseLiveMessage(message.message) }
    : message;
}

const refusal = v.strictObject({ code, problem: v.string(), remedy: v.string() });

/** What the bridge refused and why; null for an answer that says nothing of the kind. */
export function readRefusal(value: unknown): v.InferOutput<typeof refusal> | null {
  const read = v.safeParse(refusal, value);
  return read.success ? read.output : null;
}
