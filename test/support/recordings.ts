import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseJson, parseOutcome, parseRecording, parseScenario } from '../../engine/index.ts';
import type {
  Outcome,
  RecordingHeader,
  RecordingLine,
  Scenario,
  Trace,
} from '../../engine/index.ts';
import { parseRecordingHeader, parseRecordingLine } from '../../engine/trace/recording.ts';

const FOLDER = new URL('../recordings/', import.meta.url);

/** What real brokers and clients did with one scenario. */
export interface RecordedCase {
  readonly name: string;
  readonly scenario: Scenario;
  readonly trace: Trace;
  readonly outcome: Outcome;
}

/** The text of a file of the recordings. */
export const readText = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** Names of all recordings. */
export const RECORDING_NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.scenario.json'))
  .map((file) => file.replace('.scenario.json', ''))
  .sort();

export function readCase(name: string): RecordedCase {
  const scenario = parseScenario(parseJson(readText(`${name}.scenario.json`), name));
  const outcome = parseOutcome(parseJson(readText(`${name}.outcome.json`), name));
  return {
    name,
    scenario,
    trace: parseRecording(readText(`${name}.recording.jsonl`), name),
    outcome,
  };
}

const MORE = new URL('more/', FOLDER);

/** Names of the packed recordings, whose outcome is what they are read as. */
export const MORE_RECORDING_NAMES: readonly string[] = readdirSync(MORE)
  .filter((file) => file.endsWith('.recording.jsonl.gz'))
  .map((file) => file.replace('.recording.jsonl.gz', ''))
  .sort();

export const readMore = (name: string): Trace => parseRecording(unpack(name), name);

const unpack = (name: string): string =>
  gunzipSync(readFileSync(new URL(`${name}.recording.jsonl.gz`, MORE))).toString('utf8');

/** The header and the lines of any recording, as a run tells them while it happens. */
export function readLines(name: string): {
  readonly header: RecordingHeader;
  readonly lines: readonly RecordingLine[];
} {
  const isPacked = MORE_RECORDING_NAMES.includes(name);
  const text = isPacked ? unpack(name) : readText(`${name}.recording.jsonl`);
  const [header, ...lines] = text
    .trim()
    .split('\n')
    .map((line) => parseJson(line, name));
  return {
    header: parseRecordingHeader(header, name),
    lines: lines.map((line) => parseRecordingLine(line, name)),
  };
}
