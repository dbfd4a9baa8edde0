import { describe, expect, it } from 'vitest';
import { BROKER_SETTINGS, parseScenario, printScenario } from '../../../engine/index.ts';
import { compareSettings } from '../../../server/run/foreign-settings.ts';
import { aScenario } from '../../support/builders.ts';

const usual = BROKER_SETTINGS.map((setting) => [setting.key, setting.default] as const);

/** A broker with Kafka's defaults but for these; null for one that it does not know. */
function aBroker(parts: Readonly<Record<string, string | null>>): ReadonlyMap<string, string> {
  const has = new Map<string, string>(usual);
  for (const [key, value] of Object.entries(parts)) {
    if (value === null) has.delete(key);
    else has.set(key, value);
  }
  return has;
}

const DELAY = 'group.initial.rebalance.delay.ms';
const HEARTBEAT = 'group.consumer.heartbeat.interval.ms';
const ASSIGNORS = 'group.consumer.assignors';
const consumers = { config: { 'group.protocol': 'consumer' } };

describe('compareSettings', () => {
  it('says nothing of a broker that has what the scenario wants', () => {
    const scenario = aScenario({ broker: { [DELAY]: 0 } });
    expect(compareSettings(scenario, aBroker({ [DELAY]: '0' }))).toEqual({
      broker: { [DELAY]: 0 },
      differences: [],
    });
  });

  it('says both values of a setting that the scenario names, and takes the broker’s', () => {
    const scenario = aScenario({ broker: { [DELAY]: 0 } });
    expect(compareSettings(scenario, aBroker({}))).toEqual({
      broker: { [DELAY]: 3000 },
      differences: [`Your broker has ${DELAY} = 3000; the scenario wants 0.`],
    });
  });

  it('says both values where the scenario counts on Kafka’s default', () => {
    const { broker, differences } = compareSettings(aScenario(), aBroker({ [DELAY]: '0' }));
    expect(broker).toEqual({ [DELAY]: 0 });
    expect(differences).toEqual([
      `Your broker has ${DELAY} = 0; the scenario counts on Kafka’s default, 3000.`,
    ]);
  });

  it('does not speak of what only groups of another protocol go by', () => {
    const has = aBroker({ [HEARTBEAT]: '6000', [DELAY]: '0' });
    expect(compareSettings(aScenario(), has).differences.join()).not.toContain(HEARTBEAT);
    expect(compareSettings(aScenario(consumers), has).differences.join()).not.toContain(DELAY);
  });

  it('takes bounds without speaking of them, so that the scenario is whole', () => {
    const scenario = aScenario(consumers);
    const has = aBroker({
      [HEARTBEAT]: '20000',
      'group.consumer.max.heartbeat.interval.ms': '30000',
    });
    const { broker, differences } = compareSettings(scenario, has);
    expect(differences).toHaveLength(1);
    expect(parseScenario(printScenario({ ...scenario, broker })).broker).toEqual({
      [HEARTBEAT]: 20_000,
      'group.consumer.max.heartbeat.interval.ms': 30_000,
    });
  });

  it('knows the assignors of brokers that call them by class', () => {
    const own = 'org.apache.kafka.coordinator.group.assignor';
    const has = aBroker({ [ASSIGNORS]: `${own}.UniformAssignor, ${own}.RangeAssignor` });
    expect(compareSettings(aScenario(consumers), has).differences).toEqual([]);
  });

  it('says what it cannot simulate, and keeps what the scenario wants', () => {
    const has = aBroker({ [ASSIGNORS]: 'com.example.Fair' });
    expect(compareSettings(aScenario(consumers), has)).toEqual({
      broker: {},
      differences: [
        `Your broker has ${ASSIGNORS} = com.example.Fair; the scenario counts on Kafka’s default, uniform,range, and that is what can be simulated.`,
      ],
    });
  });

  it('says what a broker does not know, where the scenario names it', () => {
    const key = 'group.consumer.assignment.interval.ms';
    const has = aBroker({ [key]: null, [DELAY]: null });
    const scenario = aScenario({ ...consumers, broker: { [key]: 500 } });
    expect(compareSettings(scenario, has)).toEqual({
      broker: { [key]: 500 },
      differences: [`Your broker does not know ${key}; the scenario wants 500.`],
    });
  });
});
