import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { PlaygroundError, type Scenario } from '../../engine/index.ts';
import { kafkajsOptions } from '../broker/kafkajs-options.ts';
import { PLAINTEXT, type Security } from '../security.ts';

const DEADLINE_MS = 10_000;
const BETWEEN_LOOKS_MS = 100;

/** What the broker does not tell within this time is not waited for any longer. */
async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const endMs = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > endMs) return false;
    await sleep(BETWEEN_LOOKS_MS);
  }
  return true;
}

/** The topics, records and groups of a run, through kafkajs's admin and producer. */
export class Cluster {
  readonly #admin: Admin;
  readonly #producer: Producer;
  /** Topics that were made here, and are ours to remove. */
  #made: readonly string[] = [];

  constructor(addresses: readonly string[], security: Security = PLAINTEXT) {
    const kafka = new Kafka({
      clientId: 'playground',
      brokers: [...addresses],
      logLevel: logLevel.NOTHING,
      ...kafkajsOptions(security),
    });
    this.#admin = kafka.admin();
    this.#producer = kafka.producer({ allowAutoTopicCreation: false });
  }

  async connect(): Promise<void> {
    await this.#admin.connect();
    await this.#producer.connect();
  }

  async disconnect(): Promise<void> {
    await Promise.allSettled([this.#admin.disconnect(), this.#producer.disconnect()]);
  }

  /**
   * Waits until the group has a coordinator. The first group of a new broker makes it create
   * __consumer_offsets, and members would be told COORDINATOR_NOT_AVAILABLE meanwhile.
   */
  async findCoordinator(group: string): Promise<void> {
    await this.#admin.describeGroups([group]);
  }

  /** The settings of a broker, by Kafka's key; it may refuse to tell them. */
  async settingsOf(nodeId: number): Promise<ReadonlyMap<string, string>> {
    const { resources } = await this.#admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.BROKER, name: String(nodeId) }],
      includeSynonyms: false,
    });
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  }

  /** @throws PlaygroundError `broker-failed` when a topic of that name is there already. */
  async createTopics(topics: Scenario['topics']): Promise<void> {
    const known = new Set(await this.#admin.listTopics());
    const taken = topics.find(({ name }) => known.has(name));
    if (taken !== undefined) {
      throw new PlaygroundError(
        'broker-failed',
        `The broker has a topic "${taken.name}" already.`,
        'Remove it, or give the scenario’s topic another name.',
      );
    }
    this.#made = topics.map(({ name }) => name);
    await this.#admin.createTopics({
      waitForLeaders: false,
      topics: topics.map(({ name, partitions }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: 1,
      })),
    });
    // In KRaft the controller answers before the brokers have heard of it, and on a busy machine a
    // member that subscribes meanwhile would find no topic.
    if (await until(() => this.#haveLeaders(topics))) return;
    throw new PlaygroundError(
      'broker-failed',
      `The broker did not offer the topics within ${DEADLINE_MS} ms of their creation.`,
      'See whether it still runs and what it logs, then start the run again.',
    );
  }

  async #haveLeaders(topics: Scenario['topics']): Promise<boolean> {
    try {
      const names = topics.map(({ name }) => name);
      const found = (await this.#admin.fetchTopicMetadata({ topics: names })).topics;
      return topics.every(({ name, partitions }) => {
        const known = found.find((topic) => topic.name === name)?.partitions ?? [];
        return known.length === partitions && known.every(({ leader }) => leader >= 0);
      });
    } catch {
      // A topic that it has not heard of is an error, and so is a partition without a leader.
      return false;
    }
  }

  /** What there is on the broker, Kafka's own topics aside. */
  async names(): Promise<{
    readonly topics: readonly string[];
    readonly groups: readonly string[];
  }> {
    const topics = await this.#admin.listTopics();
    const { groups } = await this.#admin.listGroups();
    return {
      topics: topics.filter((name) => !name.startsWith('__')),
      groups: groups.map(({ groupId }) => groupId),
    };
  }

  async produce(command: {
    readonly topic: string;
    readonly count: number;
    readonly partition: number | null;
  }): Promise<void> {
    const { topic, count, partition } = command;
    const [metadata] = (await this.#admin.fetchTopicMetadata({ topics: [topic] })).topics;
    const partitionCount = metadata?.partitions.length ?? 1;
    const messages = Array.from({ length: count }, (_, index) => ({
      value: String(index),
      partition: partition ?? index % partitionCount,
    }));
    await this.#producer.send({ topic, messages });
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count }] });
  }

  /**
   * Removes the group once its members are out of it, and the topics that were made here; nothing else.
   *
   * @throws PlaygroundError `broker-failed` when they are still there after a while.
   */
  async remove(group: string): Promise<void> {
    const isGroupGone = await until(() => this.#deleteGroup(group));
    const known = new Set(await this.#admin.listTopics());
    const own = this.#made.filter((name) => known.has(name));
    if (own.length > 0) await this.#admin.deleteTopics({ topics: own });
    // As with creation: gone is what the broker no longer lists.
    const areTopicsGone = await until(async () => {
      const left = await this.#admin.listTopics();
      return own.every((name) => !left.includes(name));
    });
    if (isGroupGone && areTopicsGone) return;
    throw new PlaygroundError(
      'broker-failed',
      `${isGroupGone ? 'The topics are' : 'The group is'} still there after ${DEADLINE_MS} ms.`,
      'Remove them by hand.',
    );
  }

  /** Whether the group is gone. Killed members are in it until their session times out. */
  async #deleteGroup(group: string): Promise<boolean> {
    try {
      await this.#admin.deleteGroups([group]);
      return true;
    } catch {
      const { groups } = await this.#admin.listGroups();
      return !groups.some(({ groupId }) => groupId === group);
    }
  }
}
