import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseJson, parseOutcome, parseRecording, parseScenario } from '../../engine/index.ts';
import type { Outcome, Scenario, Trace } from '../../engine/index.ts';

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

export function readMore(name: string): Trace {
  const packed = readFileSync(new URL(`${name}.recording.jsonl.gz`, MORE));
  return parseRecording(gunzipSync(packed).toString('utf8'), name);
}
