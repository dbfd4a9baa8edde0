import { hasSetting, type ClientKind } from '../protocol/config.ts';
import type { Scenario } from './scenario.ts';

/**
 * The same scenario with every member played by another client.
 *
 * Settings that the client does not have are left out; `leftOut` lists them, such as
 * `C1: partition.assignment.strategy`, so that nobody takes them for applied.
 */
export function withClient(
  scenario: Scenario,
  client: ClientKind,
): { readonly scenario: Scenario; readonly leftOut: readonly string[] } {
  const leftOut: string[] = [];
  const members = scenario.members.map((member) => {
    if (member.client === client) return member;
    const kept = Object.entries(member.config).filter(([key]) => {
      if (hasSetting(client, key)) return true;
      leftOut.push(`${member.name}: ${key}`);
      return false;
    });
    return { ...member, client, config: Object.fromEntries(kept) };
  });
  return { scenario: { ...scenario, members }, leftOut };
}
