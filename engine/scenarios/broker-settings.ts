import { existing } from '../assert.ts';
import { BROKER_SETTINGS } from '../protocol/config.ts';
import type { Scenario } from './scenario.ts';

/** A broker setting's text as the scenario gives it, or Kafka's default. */
export function brokerSettingOf({ broker }: Scenario, key: string): string {
  const setting = existing(
    BROKER_SETTINGS.find((candidate) => candidate.key === key),
    key,
  );
  return String(broker[key] ?? setting.default);
}
