import { setTimeout as sleep } from 'node:timers/promises';
import {
  Faults,
  LARGEST_RECORDING_BYTES,
  POLL_MS,
  PlaygroundError,
  RECORDING_FORMAT,
  isFault,
  printMegabytes,
  unreachable,
  type ClientKind,
  type GroupPoll,
  type RecordingHeader,
  type RecordingLine,
  type Scenario,
  type Settings,
  type TimedCommand,
} from '../../engine/index.ts';
import { brokerCountOf, type Broker } from '../broker/broker.ts';
import { waitUntilReady } from '../broker/ready.ts';
import { launchOf, type Launch } from '../members/clients.ts';
import type { UntimedLine } from '../members/contract.ts';
import { toRecordedRequest } from '../record/recorded-request.ts';
import { SeenIds } from '../record/seen-ids.ts';
import type { Exchange } from '../wire/exchange.ts';
import { Tap, printAddress, readAddress } from '../wire/tap.ts';
import { findCoordinator } from './ask.ts';
import { Cluster } from './cluster.ts';
import { compareSettings } from './foreign-settings.ts';
import { GroupPolls, describeGroup } from './group-poll.ts';
import { MemberProcess } from './member-process.ts';
import { newPrefix, withPrefix } from './own-names.ts';
import { removeMembers } from './remove-members.ts';

/** How long a broker that was restarted may take to start. */
const BACK_DEADLINE_MS = 60_000;

/** What may be set of a run beside its scenario. */
export interface RunSettings {
  /** How often an admin asks what the group is. */
  readonly pollMs?: number;
  readonly maxRecordingBytes?: number;
}

/** What a run tells while it happens. */
export interface RunListener {
  readonly onHeader: (header: RecordingHeader) => void;
  readonly onLine: (line: RecordingLine) => void;
  readonly onPoll?: (poll: GroupPoll) => void;
  readonly onProgress: (text: string) => void;
}

/** A finished run: what a recording holds. */
export interface Recording {
  readonly header: RecordingHeader;
  /** In order of `atMs`. */
  readonly lines: readonly RecordingLine[];
}

/**
 * Runs a scenario with real clients on a broker.
 *
 * Topics and the group are made before and removed after; on a broker of somebody else they carry
 * a prefix that nobody else has. Members are prepared before the clock starts, so that a `start`
 * costs only what its client costs. They reach the broker through a tap, which hears their requests.
 *
 * @param signal ends the run early; what was made is removed all the same.
 * @throws PlaygroundError `run-cancelled`, `member-failed`, `broker-failed`, `recording-too-large`.
 */
export async function runLive(
  scenario: Scenario,
  broker: Broker,
  listener: RunListener,
  signal: AbortSignal,
  settings: RunSettings = {},
): Promise<Recording> {
  const isForeign = broker.kind === 'foreign';
  const named = isForeign ? withPrefix(scenario, newPrefix()) : scenario;
  const launches = new Map<ClientKind, Launch>();
  for (const { client } of scenario.members) {
    if (!launches.has(client)) launches.set(client, await launchOf(client, listener.onProgress));
  }
  const cluster = new Cluster(broker.addresses, broker.security);
  const run = new Run(named, broker, launches, cluster, listener, signal, settings);
  try {
    await cluster.connect();
    if (signal.aborted) throw cancelled();
    const promise = isForeign ? ' on your broker; they are removed after the run' : '';
    listener.onProgress(`Making ${printNames(named)}${promise}.`);
    await cluster.createTopics(named.topics);
    await cluster.findCoordinator(named.group);
    if (brokerCountOf(named) > 1) await cluster.awaitReplicas();
    if (isForeign) run.goBy(await readSettings(cluster, broker, named, listener.onProgress));
    return await run.toEnd();
  } catch (error) {
    // kafkajs's error classes are not among the exports that an ES module can name.
    if (!(error instanceof Error && error.name.startsWith('KafkaJS'))) throw error;
    throw new PlaygroundError(
      'broker-failed',
      `The broker at ${broker.addresses.join(', ')} failed the run: ${error.message}`,
      'See whether it still runs and what it logs, then start the run again.',
      error,
    );
  } finally {
    await run.endMembers();
    await run.closeTap();
    await cleanUp(cluster, broker, named, run.memberIds, listener);
  }
}

/** What somebody else's broker is set to, whatever the scenario wants; says what differs. */
async function readSettings(
  cluster: Cluster,
  { addresses, security }: Broker,
  scenario: Scenario,
  say: (text: string) => void,
): Promise<Settings> {
  try {
    const address = readAddress(addresses[0] ?? '');
    if (address === null) return scenario.broker;
    const { nodeId } = await findCoordinator(address, security, scenario.group);
    const { broker, differences } = compareSettings(scenario, await cluster.settingsOf(nodeId));
    for (const difference of differences) say(difference);
    if (differences.length > 0)
      say('The recording holds what it has, and a simulation to compare with goes by that.');
    return broker;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(
      `Your broker does not tell its settings (${reason}); the recording holds what the scenario wants instead.`,
    );
    return scenario.broker;
  }
}

/** What cannot be removed is said; it must not hide how the run ended. */
async function cleanUp(
  cluster: Cluster,
  broker: Broker,
  scenario: Scenario,
  memberIds: readonly string[],
  listener: RunListener,
): Promise<void> {
  try {
    // Of a broker of ours that is gone nothing is left.
    if (broker.failed?.aborted === true) return;
    const downMs = scenario.script.map((command) => ('downMs' in command ? command.downMs : 0));
    const longestMs = Math.max(0, ...downMs);
    if (longestMs > 0)
      await waitUntilReady(broker.addresses, longestMs + BACK_DEADLINE_MS, broker.security);
    await emptyGroup(broker, scenario.group, memberIds);
    await cluster.remove(scenario.group);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    listener.onProgress(`Not removed: ${printNames(scenario)} (${reason})`);
    for (const command of cleaningCommands(scenario, broker)) listener.onProgress(command);
  } finally {
    await cluster.disconnect();
  }
}

const printNames = ({ topics, group }: Scenario): string =>
  `topics ${topics.map(({ name }) => name).join(', ')} and group ${group}`;

/** With Kafka's own tools, for who has to do it by hand. */
function cleaningCommands({ topics, group }: Scenario, broker: Broker): readonly string[] {
  const isOpen = broker.security.tls === null && broker.security.sasl === null;
  const login = isOpen ? '' : ' --command-config FILE_WITH_YOUR_LOGIN';
  const to = `--bootstrap-server ${broker.addresses.join(',')}${login} --delete`;
  const names = topics.map(({ name }) => name).join(',');
  return [
    `Remove them with: kafka-consumer-groups.sh ${to} --group ${group}`,
    `and: kafka-topics.sh ${to} --topic ${names}`,
  ];
}

/** Removes who did not leave by itself: killed and static members, until their session times out. */
async function emptyGroup(
  broker: Broker,
  group: string,
  memberIds: readonly string[],
): Promise<void> {
  const address = readAddress(broker.addresses[0] ?? '');
  if (address === null || memberIds.length === 0) return;
  const members = memberIds.map((memberId) => ({ memberId, groupInstanceId: null }));
  // An older broker does not answer: then their sessions are waited for.
  await removeMembers(address, broker.security, group, members).catch(() => undefined);
}

const tooLarge = (maxBytes: number): PlaygroundError =>
  new PlaygroundError(
    'recording-too-large',
    `The run was ended: its recording has become larger than ${printMegabytes(maxBytes)}.`,
    'Let it run for a shorter time, with fewer members or fewer records.',
  );

const cancelled = (cause?: unknown): PlaygroundError =>
  new PlaygroundError('run-cancelled', 'The run was cancelled.', 'Start it again.', cause);

class Run {
  #scenario: Scenario;
  readonly #broker: Broker;
  readonly #launches: ReadonlyMap<ClientKind, Launch>;
  readonly #cluster: Cluster;
  readonly #listener: RunListener;
  readonly #signal: AbortSignal;
  /** Is aborted when the recording takes no more. */
  readonly #full = new AbortController();
  readonly #maxBytes: number;
  #recordedBytes = 0;
  readonly #pollMs: number;
  #polls: GroupPolls | null = null;
  readonly #lines: RecordingLine[] = [];
  /** The process of each member that is to be started next, or runs. */
  readonly #processes = new Map<string, MemberProcess>();
  readonly #all: MemberProcess[] = [];
  readonly #ids = new SeenIds();
  readonly #faults = new Faults();
  #tap: Tap | null = null;
  #startedMs = 0;
  #isOver = false;

  constructor(
    scenario: Scenario,
    broker: Broker,
    launches: ReadonlyMap<ClientKind, Launch>,
    cluster: Cluster,
    listener: RunListener,
    signal: AbortSignal,
    { pollMs = POLL_MS, maxRecordingBytes = LARGEST_RECORDING_BYTES }: RunSettings,
  ) {
    this.#scenario = scenario;
    this.#broker = broker;
    this.#launches = launches;
    this.#cluster = cluster;
    this.#listener = listener;
    this.#signal = AbortSignal.any([
      signal,
      this.#full.signal,
      ...(broker.failed === null ? [] : [broker.failed]),
    ]);
    this.#maxBytes = maxRecordingBytes;
    this.#pollMs = pollMs;
  }

  /** Has the recording hold what the broker is set to, where that is not ours to choose. */
  goBy(broker: Settings): void {
    this.#scenario = { ...this.#scenario, broker };
  }

  async toEnd(): Promise<Recording> {
    const { members, script, untilMs } = this.#scenario;
    const addresses = this.#broker.addresses.map(readAddress);
    this.#tap = await Tap.open({
      to: addresses.filter((address) => address !== null),
      tls: this.#broker.security.tls,
      onProblem: ({ message, remedy }) => {
        this.#listener.onProgress(`${message} ${remedy}`);
      },
      onExchange: (exchange) => {
        this.#hearExchange(exchange);
      },
      faults: this.#faults,
    });
    this.#listener.onProgress(`Preparing ${members.length} members.`);
    for (const { name } of members) this.#prepare(name);
    await Promise.all([...this.#processes.values()].map((member) => member.prepared()));
    this.#startedMs = Date.now();
    this.#listener.onHeader(this.#header());
    this.#startPolls();
    for (const command of script.filter(({ atMs }) => atMs <= untilMs)) {
      await this.#waitUntil(command.atMs);
      await this.#carryOut(command);
    }
    await this.#waitUntil(untilMs);
    const lines = [...this.#lines].sort((a, b) => a.atMs - b.atMs);
    return { header: this.#header(), lines };
  }

  /** Ends what still runs; of that nothing is heard any more. */
  async endMembers(): Promise<void> {
    this.#isOver = true;
    this.#polls?.stop();
    await Promise.all(this.#all.map((member) => member.end()));
  }

  /** All ids that members got. */
  get memberIds(): readonly string[] {
    return Object.values(this.#ids.memberIds).flat();
  }

  async closeTap(): Promise<void> {
    await this.#tap?.close();
  }

  /** Past the tap: the recording holds what members say, not what we ask. */
  #startPolls(): void {
    const address = readAddress(this.#broker.addresses[0] ?? '');
    if (address === null) return;
    const { group, members } = this.#scenario;
    const isConsumer = members.some(({ config }) => config['group.protocol'] === 'consumer');
    this.#polls = new GroupPolls(
      () => describeGroup(address, this.#broker.security, group, isConsumer),
      this.#pollMs,
      this.#startedMs,
      (poll) => this.#listener.onPoll?.(poll),
    );
  }

  async #waitUntil(atMs: number): Promise<void> {
    const leftMs = this.#startedMs + atMs - Date.now();
    try {
      await sleep(Math.max(0, leftMs), undefined, { signal: this.#signal });
    } catch (error) {
      const { reason } = this.#signal as { readonly reason: unknown };
      throw reason instanceof PlaygroundError ? reason : cancelled(error);
    }
  }

  #prepare(name: string): void {
    const member = this.#scenario.members.find((candidate) => candidate.name === name);
    if (member === undefined) throw new Error(`bug: ${name} is not a member`);
    const launch = this.#launches.get(member.client);
    if (launch === undefined) throw new Error(`bug: ${member.client} has no launch`);
    const process = new MemberProcess(
      launch,
      {
        name,
        group: this.#scenario.group,
        brokers: (this.#tap?.addresses ?? []).map(printAddress),
        topics: member.topics,
        config: member.config,
        work: member.work,
      },
      (line, epochMs) => {
        this.#hear(name, line, epochMs);
      },
      (code, epochMs) => {
        // The end of a killed member is its crash command.
        if (code !== null) this.#hear(name, { type: 'exit', code }, epochMs);
      },
    );
    this.#all.push(process);
    this.#processes.set(name, process);
  }

  #hear(member: string, line: UntimedLine, epochMs: number): void {
    const atMs = Math.max(0, epochMs - this.#startedMs);
    const { type, ...rest } = line;
    // The contract's lines are the recording's; they are checked when it is read as a trace.
    this.#add({ atMs, type, member, ...rest } as unknown as RecordingLine);
  }

  #hearExchange(exchange: Exchange): void {
    if (this.#isOver) return;
    const { members } = this.#scenario;
    const member = members.find(({ name }) => name === exchange.clientId)?.name ?? null;
    this.#ids.see(exchange, member);
    const line = toRecordedRequest(exchange, member, this.#startedMs);
    if (line !== null) this.#add(line);
  }

  #add(line: RecordingLine): void {
    if (this.#startedMs === 0 || this.#isOver || this.#full.signal.aborted) return;
    this.#recordedBytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    if (this.#recordedBytes > this.#maxBytes) {
      this.#full.abort(tooLarge(this.#maxBytes));
      return;
    }
    this.#lines.push(line);
    this.#listener.onLine(line);
  }

  async #carryOut({ atMs: _atMs, ...command }: TimedCommand): Promise<void> {
    const shown =
      'partition' in command && command.partition === null ? withoutPartition(command) : command;
    this.#add({ atMs: Date.now() - this.#startedMs, type: 'command', ...shown } as RecordingLine);
    if (command.do === 'produce') {
      await this.#cluster.produce(command);
      return;
    }
    if (command.do === 'addPartitions') {
      await this.#cluster.addPartitions(command.topic, command.partitions);
      return;
    }
    if (command.do === 'moveCoordinator') {
      await this.#cluster.moveCoordinator();
      return;
    }
    if (command.do === 'restartBroker') {
      this.#broker.restart?.(command.downMs);
      return;
    }
    if (!('member' in command)) return;
    if (isFault(command)) {
      this.#faults.add(command, Date.now());
      if (command.do === 'cut') this.#tap?.cut(command.member);
      return;
    }
    if (command.do === 'removeMember') {
      await this.#removeMember(command.member);
      return;
    }
    const process = this.#processes.get(command.member);
    if (process === undefined) throw new Error(`bug: ${command.member} has no process`);
    switch (command.do) {
      case 'start':
        await process.prepared();
        process.tell({ type: 'start', sasl: this.#broker.security.sasl });
        return;
      case 'crash':
        process.signal('SIGKILL');
        this.#prepareAgain(command.member);
        return;
      case 'close': {
        const { groupMembershipOperation = 'DEFAULT' } = command;
        process.tell({ type: 'close', groupMembershipOperation });
        this.#prepareAgain(command.member);
        return;
      }
      case 'freeze':
        process.signal('SIGSTOP');
        return;
      case 'thaw':
        process.signal('SIGCONT');
        return;
      case 'stall':
        process.tell({ type: 'stall', forMs: command.forMs });
        return;
      case 'subscribe':
        process.tell({ type: 'subscribe', topics: command.topics });
        return;
      case 'pause':
      case 'resume':
      case 'commit':
      case 'unsubscribe':
      case 'enforceRebalance':
      case 'wakeup':
        process.tell({ type: command.do });
        return;
      default:
        unreachable(command.do, 'carryOut');
    }
  }

  /** By its group.instance.id, which a scenario's parser makes sure that it has. */
  async #removeMember(name: string): Promise<void> {
    const member = this.#scenario.members.find((candidate) => candidate.name === name);
    const [address] = this.#tap?.addresses ?? [];
    if (member === undefined || address === undefined) throw new Error(`bug: no ${name} to remove`);
    const groupInstanceId = String(member.config['group.instance.id']);
    try {
      const security = { ...this.#broker.security, tls: null };
      const removed = [{ memberId: '', groupInstanceId }];
      await removeMembers(address, security, this.#scenario.group, removed);
    } catch (error) {
      if (!(error instanceof PlaygroundError)) throw error;
      // A broker that is down is told nothing, and the run goes on.
      this.#listener.onProgress(error.message);
    }
  }

  /** A member that the script starts again gets its next process while there is time. */
  #prepareAgain(name: string): void {
    const nowMs = Date.now() - this.#startedMs;
    const isStartedAgain = this.#scenario.script.some(
      (command) =>
        command.do === 'start' && command.member === name && command.atMs > nowMs - 1_000,
    );
    if (isStartedAgain) this.#prepare(name);
  }

  #header(): RecordingHeader {
    const clients = new Map<ClientKind, string>();
    for (const { name, client } of this.#scenario.members) {
      const process = this.#all.find((member) => member.name === name);
      clients.set(client, process?.version ?? 'unknown');
    }
    return {
      format: RECORDING_FORMAT,
      scenario: this.#scenario,
      kafka: this.#broker.version,
      clients: Object.fromEntries(clients),
      recordedAt: new Date(this.#startedMs).toISOString(),
      memberIds: this.#ids.memberIds,
      topicIds: this.#ids.topicIds,
    };
  }
}

function withoutPartition(command: object): object {
  return Object.fromEntries(Object.entries(command).filter(([key]) => key !== 'partition'));
}
