import { setTimeout as sleep } from 'node:timers/promises';
// Only its default export has the resource types, where Node imports it.
import kafkajs, {
  Kafka,
  logLevel,
  type Admin,
  type PartitionMetadata,
  type Producer,
} from 'kafkajs';
import { PlaygroundError, existing, type Scenario } from '../../engine/index.ts';
import { kafkajsOptions } from '../broker/kafkajs-options.ts';
import { PLAINTEXT, type Security } from '../security.ts';
import type { Address } from '../wire/addresses.ts';
import { asBody, asList, asNumber, type WireBody } from '../wire/codec.ts';
import { readAddress } from '../wire/tap.ts';
import { ask } from './ask.ts';

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

const OFFSETS_TOPIC = '__consumer_offsets';

/** Since Kafka 0.11, and all that is looked at here. */
const METADATA_VERSION = 4;

/** Whether a broker's answer to Metadata has all topics, and a leader of every partition. */
const hasLeaders = (answer: WireBody, wanted: Scenario['topics']): boolean =>
  wanted.every(({ name, partitions }) => {
    const found = asList(answer['topics']).map(asBody);
    const known = asList(found.find((topic) => topic['name'] === name)?.['partitions'] ?? []);
    const leaders = known.map((partition) => asNumber(asBody(partition)['leaderId']));
    return leaders.length === partitions && leaders.every((leader) => leader >= 0);
  });

/** The topics, records and groups of a run, through kafkajs's admin and producer. */
export class Cluster {
  readonly #addresses: readonly Address[];
  readonly #security: Security;
  readonly #admin: Admin;
  readonly #producer: Producer;
  /** Topics that were made here, and are ours to remove. */
  #made: readonly string[] = [];

  constructor(addresses: readonly string[], security: Security = PLAINTEXT) {
    this.#addresses = addresses.map(readAddress).filter((address) => address !== null);
    this.#security = security;
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
      resources: [{ type: kafkajs.ConfigResourceTypes.BROKER, name: String(nodeId) }],
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

  /** Whether every broker knows the topics; a member may ask any. One that is down tells nobody. */
  async #haveLeaders(topics: Scenario['topics']): Promise<boolean> {
    const asked = { topics: topics.map(({ name }) => ({ name })), allowAutoTopicCreation: false };
    const answers = await Promise.allSettled(
      this.#addresses.map((address) =>
        ask(address, this.#security, 'Metadata', METADATA_VERSION, asked),
      ),
    );
    const known = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    return known.length > 0 && known.every((answer) => hasLeaders(answer, topics));
  }

  /**
   * Has another broker become the coordinator of all groups: the leader of __consumer_offsets' only
   * partition is taken from its replicas, so that the next of them leads, and is added as the last.
   *
   * @throws PlaygroundError `broker-failed` when none does after a while.
   */
  async moveCoordinator(): Promise<void> {
    const { leader, replicas } = await this.#offsetsPartition();
    const others = replicas.filter((broker) => broker !== leader);
    await this.#reassignOffsets(others);
    await this.#reassignOffsets([...others, leader]);
    if (await until(async () => (await this.#offsetsPartition()).leader !== leader)) return;
    throw new PlaygroundError(
      'broker-failed',
      `Broker ${leader} is still the coordinator ${DEADLINE_MS} ms after it was to be another.`,
      'See whether all brokers still run, then start the run again.',
    );
  }

  /**
   * Waits until every replica of __consumer_offsets has what its leader has, and could lead.
   *
   * @throws PlaygroundError `broker-failed` after a while.
   */
  async awaitReplicas(): Promise<void> {
    const areThere = await until(async () => {
      const { replicas, isr } = await this.#offsetsPartition();
      return isr.length === replicas.length;
    });
    if (areThere) return;
    throw new PlaygroundError(
      'broker-failed',
      `The brokers did not replicate __consumer_offsets within ${DEADLINE_MS} ms.`,
      'See whether all of them still run, then start the run again.',
    );
  }

  async #offsetsPartition(): Promise<PartitionMetadata> {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [OFFSETS_TOPIC] });
    return existing(topics[0]?.partitions[0], `partition of ${OFFSETS_TOPIC}`);
  }

  async #reassignOffsets(replicas: number[]): Promise<void> {
    const partitionAssignment = [{ partition: 0, replicas }];
    const topics = [{ topic: OFFSETS_TOPIC, partitionAssignment }];
    await this.#admin.alterPartitionReassignments({ topics });
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
