import { describe, expect, it } from 'vitest';
import {
  BROKER_SETTINGS,
  clientSetting,
  existing,
  circumstancesOf,
  settlingTimes,
  simulate,
  type Scenario,
  type SettlingTime,
} from '../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../support/recordings.ts';

/** What does not fit, by recording and command; README.md says why. */
const EXCEPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['consumer-protocol-join', ['start C3']],
]);

const CONSUMER_INTERVAL = 'group.consumer.heartbeat.interval.ms';

/** The longest that any member waits between two heartbeats. */
function heartbeatIntervalMs({ members, broker }: Scenario): number {
  return Math.max(
    ...members.map(({ client, config }) => {
      const isConsumer = config['group.protocol'] === 'consumer';
      const given = isConsumer ? broker[CONSUMER_INTERVAL] : config['heartbeat.interval.ms'];
      const known = isConsumer
        ? BROKER_SETTINGS.find(({ key }) => key === CONSUMER_INTERVAL)?.default
        : clientSetting('heartbeat.interval.ms')?.defaults[client];
      return Number(given ?? existing(known, 'heartbeat interval'));
    }),
  );
}

const nameOf = ({ command }: SettlingTime): string =>
  [command.do, 'member' in command ? command.member : null].filter(Boolean).join(' ');

const took = ({ fromMs, toMs }: SettlingTime): number => toMs - fromMs;

/** Commands after which a simulation does not come to rest as fast as the recorded run did. */
function misfits(name: string): readonly string[] {
  const { scenario, trace } = readCase(name);
  const recorded = settlingTimes(trace);
  const simulated = settlingTimes(simulate(scenario, circumstancesOf(trace)));
  const isSame = (a: SettlingTime, b: SettlingTime | undefined): boolean => {
    if (b === undefined || nameOf(a) !== nameOf(b)) return false;
    const allowedMs = took(a) / 10 + heartbeatIntervalMs(scenario);
    return Math.abs(took(a) - took(b)) <= allowedMs;
  };
  return [
    ...recorded.filter((time, index) => !isSame(time, simulated[index])).map(nameOf),
    ...simulated.slice(recorded.length).map(nameOf),
  ];
}

describe('a simulated run', () => {
  it.each(RECORDING_NAMES)('comes to rest as fast as the recorded one: %s', (name) => {
    expect(misfits(name)).toEqual(EXCEPTIONS.get(name) ?? []);
  });
});
