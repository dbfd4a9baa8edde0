import { hasSetting } from '../protocol/config.ts';
import { brokerSettingOf } from '../scenarios/broker-settings.ts';
import { groupProtocolOf, settingOf } from '../scenarios/member-settings.ts';
import type { Scenario, ScenarioMember } from '../scenarios/scenario.ts';
import type { EventOf, TimerKind } from './events.ts';

/** Keys by which each client calls what a clock goes by; a client has one of them or none. */
const CLIENT_KEYS: Readonly<Partial<Record<TimerKind, readonly string[]>>> = {
  heartbeat: ['heartbeat.interval.ms'],
  session: ['session.timeout.ms'],
  ownSession: ['session.timeout.ms'],
  pendingMember: ['session.timeout.ms'],
  poll: ['max.poll.interval.ms'],
  autoCommit: ['auto.commit.interval.ms'],
  retry: ['retry.backoff.ms'],
  metadata: ['topic.metadata.refresh.interval.ms', 'metadata.max.age.ms'],
  rebalanceTimeout: ['max.poll.interval.ms', 'rebalance.timeout.ms'],
  syncTimeout: ['max.poll.interval.ms', 'rebalance.timeout.ms'],
  revocationTimeout: ['max.poll.interval.ms', 'rebalance.timeout.ms'],
  memberJoinTimeout: ['max.poll.interval.ms', 'rebalance.timeout.ms'],
  memberSyncTimeout: ['max.poll.interval.ms', 'rebalance.timeout.ms'],
};

/** What the broker decides for members of the consumer protocol. */
const CONSUMER_GROUP_KEYS: Readonly<Partial<Record<TimerKind, string>>> = {
  heartbeat: 'group.consumer.heartbeat.interval.ms',
  session: 'group.consumer.session.timeout.ms',
};

/** The setting that a clock goes by, such as `session.timeout.ms = 6000`; null when it has none. */
export function settingOfClock(
  scenario: Scenario,
  { timer, member: name, afterMs }: EventOf<'timerStarted'>,
): string | null {
  if (timer === 'initialDelay') return brokerSetting(scenario, 'group.initial.rebalance.delay.ms');
  const member = scenario.members.find((candidate) => candidate.name === name);
  const brokerKey = CONSUMER_GROUP_KEYS[timer];
  if (member !== undefined && brokerKey !== undefined && groupProtocolOf(member) === 'consumer') {
    return brokerSetting(scenario, brokerKey);
  }
  if (member !== undefined) return clientSettings(member, timer)[0] ?? null;
  // A clock of the group as a whole goes by the longest of its members'.
  const settings = scenario.members.flatMap((candidate) => clientSettings(candidate, timer));
  return settings.find((setting) => setting.endsWith(`= ${afterMs}`)) ?? null;
}

const brokerSetting = (scenario: Scenario, key: string): string =>
  `${key} = ${brokerSettingOf(scenario, key)}`;

const clientSettings = (member: ScenarioMember, timer: TimerKind): readonly string[] =>
  (CLIENT_KEYS[timer] ?? [])
    .filter((key) => hasSetting(member.client, key))
    .map((key) => `${key} = ${settingOf(member, key)}`);
