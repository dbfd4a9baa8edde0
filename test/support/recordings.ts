import { readFileSync, readdirSync } from 'node:fs';
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

const read = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** Names of all recordings. */
export const RECORDING_NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.scenario.json'))
  .map((file) => file.replace('.scenario.json', ''))
  .sort();

export function readCase(name: string): RecordedCase {
  const scenario = parseScenario(parseJson(read(`${name}.scenario.json`), name));
  const outcome = parseOutcome(parseJson(read(`${name}.outcome.json`), name));
  return { name, scenario, trace: parseRecording(read(`${name}.recording.jsonl`), name), outcome };
}
