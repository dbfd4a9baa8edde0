import { hasSetting, type ClientKind } from '../protocol/config.ts';
import type { Scenario } from './scenario.ts';

/**
 * The same scenario with every member played by another client.
 *
 * Settings that the client does not have are left out, and ways to work that only Java's members have;
 * `leftOut` lists them, such as `C1: partition.assignment.strategy` or `C1: work.workers`, so that nobody
 * takes them for applied.
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
    const { perRecordMs, commitInRevoked, ...others } = member.work;
    const work = client === 'java' ? member.work : { perRecordMs, commitInRevoked };
    if (client !== 'java') {
      leftOut.push(...Object.keys(others).map((key) => `${member.name}: work.${key}`));
    }
    return { ...member, client, config: Object.fromEntries(kept), work };
  });
  return { scenario: { ...scenario, members }, leftOut };
}
