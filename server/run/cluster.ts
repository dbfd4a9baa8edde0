import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { PlaygroundError, type Scenario } from '../../engine/index.ts';

const GONE_DEADLINE_MS = 10_000;

/** The topics, records and groups of a run, through kafkajs's admin and producer. */
export class Cluster {
  readonly #admin: Admin;
  readonly #producer: Producer;

  constructor(addresses: readonly string[]) {
    const kafka = new Kafka({
      clientId: 'playground',
      brokers: [...addresses],
      logLevel: logLevel.NOTHING,
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
    await this.#admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ name, partitions }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: 1,
      })),
    });
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

  /** Removes the group once its members are out of it, and the topics. */
  async remove({ group, topics }: Scenario): Promise<void> {
    const endMs = Date.now() + GONE_DEADLINE_MS;
    for (;;) {
      try {
        await this.#admin.deleteGroups([group]);
        break;
      } catch {
        // Killed members are in the group until their session times out; an unknown group is gone.
        const { groups } = await this.#admin.listGroups();
        if (!groups.some(({ groupId }) => groupId === group) || Date.now() > endMs) break;
        await sleep(250);
      }
    }
    const known = new Set(await this.#admin.listTopics());
    const own = topics.map(({ name }) => name).filter((name) => known.has(name));
    if (own.length > 0) await this.#admin.deleteTopics({ topics: own });
  }
}
