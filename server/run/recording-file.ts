import { printScenario, type Scenario } from '../../engine/index.ts';
import type { BrokerConfig } from '../broker/broker.ts';
import type { Recording } from './live-run.ts';

/** A recording as the text of a `*.recording.jsonl`. */
export function printRecording({ header, lines }: Recording): string {
  const written = { ...header, scenario: printScenario(header.scenario) };
  return `${[written, ...lines].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** The broker settings that a scenario asks for. */
export const brokerConfigOf = (scenario: Scenario): BrokerConfig =>
  Object.fromEntries(Object.entries(scenario.broker).map(([key, value]) => [key, String(value)]));
