import { randomBytes } from 'node:crypto';
import { asGroupId, type Scenario } from '../../engine/index.ts';

/** What topics and group of a run are called on a broker of somebody else: nobody else has that prefix. */
export const newPrefix = (): string =>
  `playground-${Date.now()}-${randomBytes(3).toString('hex')}-`;

/** The prefix that a group of ours carries; empty where it has none. */
export const prefixOf = ({ group }: Scenario): string =>
  /^playground-\d+-[0-9a-f]{6}-/.exec(group)?.[0] ?? '';

/** The scenario with that before the names of its group and topics. */
export function withPrefix(scenario: Scenario, prefix: string): Scenario {
  const named = (name: string): string => `${prefix}${name}`;
  return {
    ...scenario,
    group: asGroupId(named(scenario.group)),
    topics: scenario.topics.map((topic) => ({ ...topic, name: named(topic.name) })),
    members: scenario.members.map((member) => ({ ...member, topics: member.topics.map(named) })),
    script: scenario.script.map((command) => {
      if ('topic' in command) return { ...command, topic: named(command.topic) };
      return 'topics' in command ? { ...command, topics: command.topics.map(named) } : command;
    }),
  };
}
