/** The clients a member can be. */
export type ClientKind = 'java' | 'librdkafka' | 'kafkajs';

export const CLIENT_KINDS: readonly ClientKind[] = ['java', 'librdkafka', 'kafkajs'];

/** What a consumer speaks with its coordinator, by its `group.protocol`. KIP-848. */
export type GroupProtocol = 'classic' | 'consumer';

export type SettingType = 'integer' | 'boolean' | 'text';

/** One of Kafka's own settings. `simulated` is false where the engine takes it but nothing follows. */
export interface Setting {
  readonly key: string;
  readonly type: SettingType;
  readonly unit: 'ms' | 'records' | 'bytes' | 'members' | 'partitions' | null;
  readonly defaults: Partial<Record<ClientKind, string>>;
  readonly simulated: boolean;
}

function setting(
  key: string,
  type: SettingType,
  unit: Setting['unit'],
  defaults: Setting['defaults'],
  simulated = true,
): Setting {
  return { key, type, unit, defaults, simulated };
}

/**
 * Consumer settings by Kafka's key, with each client's default; a client without a default does
 * not have the key. kafkajs's own options stand under Kafka's spelling (`sessionTimeout` is
 * `session.timeout.ms`), and its `rebalanceTimeout` as `rebalance.timeout.ms`.
 *
 * Source: ConsumerConfig 4.3.1; librdkafka 2.16 CONFIGURATION.md; kafkajs 2.2.4 consumer/index.js.
 */
export const CLIENT_SETTINGS: readonly Setting[] = [
  setting('session.timeout.ms', 'integer', 'ms', {
    java: '45000',
    librdkafka: '45000',
    kafkajs: '30000',
  }),
  setting('heartbeat.interval.ms', 'integer', 'ms', {
    java: '3000',
    librdkafka: '3000',
    kafkajs: '3000',
  }),
  setting('max.poll.interval.ms', 'integer', 'ms', { java: '300000', librdkafka: '300000' }),
  setting('rebalance.timeout.ms', 'integer', 'ms', { kafkajs: '60000' }),
  setting('max.poll.records', 'integer', 'records', { java: '500' }),
  setting('partition.assignment.strategy', 'text', null, {
    java: 'range,cooperative-sticky',
    librdkafka: 'range,roundrobin',
  }),
  setting('group.instance.id', 'text', null, { java: '', librdkafka: '' }),
  setting('group.protocol', 'text', null, { java: 'classic', librdkafka: 'classic' }),
  setting('group.remote.assignor', 'text', null, { java: '', librdkafka: '' }),
  setting('enable.auto.commit', 'boolean', null, { java: 'true', librdkafka: 'true' }),
  setting('auto.commit.interval.ms', 'integer', 'ms', { java: '5000', librdkafka: '5000' }),
  setting('auto.offset.reset', 'text', null, {
    java: 'earliest',
    librdkafka: 'earliest',
    kafkajs: 'earliest',
  }),
  // librdkafka's is the age of its cache; what it looks at the cluster by is the setting after it.
  setting('metadata.max.age.ms', 'integer', 'ms', {
    java: '300000',
    librdkafka: '900000',
    kafkajs: '300000',
  }),
  setting('topic.metadata.refresh.interval.ms', 'integer', 'ms', { librdkafka: '300000' }),
  setting('retry.backoff.ms', 'integer', 'ms', { java: '100', librdkafka: '100' }),
  setting('retry.backoff.max.ms', 'integer', 'ms', { java: '1000', librdkafka: '1000' }, false),
  setting('request.timeout.ms', 'integer', 'ms', { java: '30000' }),
  setting('default.api.timeout.ms', 'integer', 'ms', { java: '60000' }, false),
  setting('fetch.min.bytes', 'integer', 'bytes', { java: '1', librdkafka: '1' }, false),
  setting('fetch.max.wait.ms', 'integer', 'ms', { java: '500' }, false),
  setting('fetch.wait.max.ms', 'integer', 'ms', { librdkafka: '500' }, false),
  setting('client.rack', 'text', null, { java: '', librdkafka: '' }),
];

/** A setting of the broker. */
export interface BrokerSetting extends Omit<Setting, 'defaults'> {
  readonly default: string;
  /** The smallest number that the broker starts with; 0 also where Kafka takes any. */
  readonly least: number;
}

/**
 * Broker settings by Kafka's key.
 *
 * Source: GroupCoordinatorConfig, Kafka 4.3.1.
 */
export const BROKER_SETTINGS: readonly BrokerSetting[] = [
  brokerSetting('group.initial.rebalance.delay.ms', 'ms', '3000', 0),
  brokerSetting('group.min.session.timeout.ms', 'ms', '6000', 0),
  brokerSetting('group.max.session.timeout.ms', 'ms', '1800000', 0),
  brokerSetting('group.max.size', 'members', '2147483647', 1),
  brokerSetting('offsets.topic.num.partitions', 'partitions', '50', 1, false),
  brokerSetting('group.consumer.session.timeout.ms', 'ms', '45000', 1),
  brokerSetting('group.consumer.min.session.timeout.ms', 'ms', '45000', 1),
  brokerSetting('group.consumer.max.session.timeout.ms', 'ms', '60000', 1),
  brokerSetting('group.consumer.heartbeat.interval.ms', 'ms', '5000', 1),
  brokerSetting('group.consumer.min.heartbeat.interval.ms', 'ms', '5000', 1),
  brokerSetting('group.consumer.max.heartbeat.interval.ms', 'ms', '15000', 1),
  brokerSetting('group.consumer.max.size', 'members', '2147483647', 1),
  brokerSetting('group.consumer.assignment.interval.ms', 'ms', '1000', 0),
  brokerSetting('group.consumer.min.assignment.interval.ms', 'ms', '0', 0),
  brokerSetting('group.consumer.max.assignment.interval.ms', 'ms', '15000', 0),
  brokerText('group.consumer.assignors', 'uniform,range'),
  brokerText('group.consumer.migration.policy', 'bidirectional'),
];

function brokerSetting(
  key: string,
  unit: Setting['unit'],
  defaultText: string,
  least: number,
  simulated = true,
): BrokerSetting {
  return { key, type: 'integer', unit, default: defaultText, least, simulated };
}

function brokerText(key: string, defaultText: string): BrokerSetting {
  return { key, type: 'text', unit: null, default: defaultText, least: 0, simulated: true };
}

/** A setting's value as a scenario gives it. */
export type SettingValue = string | number | boolean;
export type Settings = Readonly<Record<string, SettingValue>>;

export const clientSetting = (key: string): Setting | null =>
  CLIENT_SETTINGS.find((candidate) => candidate.key === key) ?? null;

export const hasSetting = (client: ClientKind, key: string): boolean =>
  clientSetting(key)?.defaults[client] !== undefined;
