import {
  BROKER_SETTINGS,
  brokerProblem,
  brokerSettingOf,
  groupProtocolOf,
  type Scenario,
  type Settings,
} from '../../engine/index.ts';

/** What a broker of somebody else has of the settings that a scenario may name. */
export interface ForeignSettings {
  /** For the scenario, so that it is simulated with what the broker has. */
  readonly broker: Settings;
  /** What is not as the scenario wants it, each as a sentence. */
  readonly differences: readonly string[];
}

type BrokerSetting = (typeof BROKER_SETTINGS)[number];

/** @param has the broker's settings, by Kafka's key. */
export function compareSettings(
  scenario: Scenario,
  has: ReadonlyMap<string, string>,
): ForeignSettings {
  const broker: Record<string, Settings[string]> = { ...scenario.broker };
  const differences: string[] = [];
  for (const setting of BROKER_SETTINGS) {
    const { key, type } = setting;
    const isGiven = key in scenario.broker;
    const wanted = brokerSettingOf(scenario, key);
    const wish = isGiven
      ? `the scenario wants ${wanted}`
      : `the scenario counts on Kafka’s default, ${wanted}`;
    const found = has.get(key);
    if (found === undefined) {
      if (isGiven) differences.push(`Your broker does not know ${key}; ${wish}.`);
      continue;
    }
    const value = plain(found);
    if (value === plain(wanted)) continue;
    const isSimulable = type === 'integer' || brokerProblem({ [key]: value }) === null;
    if (isSimulable) broker[key] = type === 'integer' ? Number(value) : value;
    if (!isGiven && !concerns(setting, scenario)) continue;
    const simulated = isSimulable ? '' : ', and that is what can be simulated';
    differences.push(`Your broker has ${key} = ${found}; ${wish}${simulated}.`);
  }
  return { broker, differences };
}

/** Brokers before Kafka 4.0 call their assignors by class. */
const ASSIGNOR_CLASS = /org\.apache\.kafka\.coordinator\.group\.assignor\.(Uniform|Range)Assignor/g;

/** Kafka takes lists with blanks, and the words of a setting in capitals too. */
const plain = (text: string): string =>
  text.replace(ASSIGNOR_CLASS, '$1').replaceAll(/\s/g, '').toLowerCase();

/**
 * Whether a scenario depends on a setting that it does not name: not on one of another group protocol, nor
 * on the bounds of what a group may be given of its own (group.consumer.min and max, in ms).
 */
function concerns({ key, simulated }: BrokerSetting, { members }: Scenario): boolean {
  if (!simulated || /^group\.consumer\.(min|max)\..*ms$/.test(key)) return false;
  const groupProtocol = key.startsWith('group.consumer.') ? 'consumer' : 'classic';
  return members.some((member) => groupProtocolOf(member) === groupProtocol);
}
