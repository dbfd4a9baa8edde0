import { existing } from '../assert.ts';
import { clientSetting, type GroupProtocol } from '../protocol/config.ts';
import type { ScenarioMember } from './scenario.ts';

/** A setting's text as the scenario gives it, or the client's default. */
export function settingOf(member: ScenarioMember, key: string): string {
  const given = member.config[key];
  const text = given ?? clientSetting(key)?.defaults[member.client];
  return String(existing(text, `${key} of ${member.client}`));
}

/** What a member speaks with its coordinator; a client without the setting knows only one. */
export function groupProtocolOf(member: ScenarioMember): GroupProtocol {
  const key = 'group.protocol';
  const text = member.config[key] ?? clientSetting(key)?.defaults[member.client] ?? 'classic';
  return String(text).toLowerCase() === 'consumer' ? 'consumer' : 'classic';
}
