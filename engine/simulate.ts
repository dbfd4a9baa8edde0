import { existing, unreachable } from './assert.ts';
import { newMember, type Member, type MemberInput } from './consumer/member.ts';
import { stateOf } from './consumer/step-machine.ts';
import { readMemberConfig, type MemberConfig } from './consumer/profiles.ts';
import { stepMember } from './consumer/step-member.ts';
import type { MemberEffect, MemberTimer } from './consumer/member.ts';
import type { BrokerTopic } from './assignors/assignor.ts';
import type { Client, GroupEffect, GroupTimer } from './coordinator/effects.ts';
import { refused } from './coordinator/refusals.ts';
import { onRequest, onTimer } from './coordinator/coordinator.ts';
import type { CoordinatorSettings, MigrationPolicy } from './coordinator/settings.ts';
import {
  newCoordinator,
  withTopics,
  type Coordinator,
  type CoordinatorStep,
} from './coordinator/state.ts';
import { beginLoading, load, onRequestElsewhere, unload } from './coordinator/failover.ts';
import type { ErrorCode } from './protocol/error-codes.ts';
import type { OffsetSpan, TopicMetadata } from './protocol/facts.ts';
import {
  asMemberId,
  asMemberName,
  memberActor,
  type ActorId,
  type GroupInstanceId,
  type MemberId,
  type MemberName,
} from './protocol/ids.ts';
import { isVersionBefore } from './protocol/kafka-version.ts';
import {
  apiOf,
  type GroupMessage,
  type GroupRequest,
  type GroupResponse,
} from './protocol/messages.ts';
import {
  atOffset,
  printPartition,
  type PartitionOffset,
  type TopicPartition,
} from './protocol/partitions.ts';
import { metadataOrder } from './java/metadata-order.ts';
import { brokerSettingOf } from './scenarios/broker-settings.ts';
import { Faults } from './scenarios/faults.ts';
import {
  isFault,
  memberCommanded,
  type FaultCommand,
  type Scenario,
  type TimedCommand,
} from './scenarios/scenario.ts';
import { refuseUnsimulated } from './scenarios/simulated.ts';
import { Agenda } from './sim/agenda.ts';
import { Channels } from './sim/channels.ts';
import { Network } from './sim/network.ts';
import { Random } from './sim/random.ts';
import { TRACE_FORMAT, type Fact, type Trace, type TraceEvent } from './trace/events.ts';

export interface SimulateOptions {
  /** Whole number; the same seed gives the same trace. 1 when not given. */
  readonly seed?: number;
  /** Ids to hand out, in order for each member, as a recording's `memberIds`; then from the seed. */
  readonly memberIds?: ReadonlyMap<MemberName, readonly MemberId[]>;
  /** Topic ids by name, as a recording's `topicIds`; the others come from the seed. */
  readonly topicIds?: ReadonlyMap<string, string>;
  /** Of the broker, such as 4.1.1; when not given, the version that the simulator follows. */
  readonly kafkaVersion?: string;
}

/** One direction of a loopback link to a broker on the same machine. */
const LATENCY = { leastMs: 1, mostMs: 3 };

/**
 * Runs a scenario.
 *
 * The same scenario, seed and ids give the same trace, to the byte, on every machine.
 *
 * @throws PlaygroundError `scenario-unsupported` for what Kafka can do and the simulator cannot yet.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): Trace {
  return simulateWith(scenario, options, { onRequest, onTimer });
}

/** How the broker answers: its transitions, the only part of a run that a test may replace. */
export interface CoordinatorRules {
  readonly onRequest: typeof onRequest;
  readonly onTimer: typeof onTimer;
}

/** As `simulate`, with a coordinator of these rules. Only for tests of what a wrong one gives away. */
export function simulateWith(
  scenario: Scenario,
  options: SimulateOptions,
  rules: CoordinatorRules,
): Trace {
  refuseUnsimulated(scenario);
  return new Run(scenario, options, rules).toEnd();
}

/** Its brokers, and newer ones, list partitions by number. */
const SORTED_METADATA_SINCE = '4.3.0';
/** From the start of a broker until it has read its groups from the log. */
const LOADING_MS = 20;
/**
 * Until a client has tried for the first time to connect to a broker that is not there, and tries again;
 * some wait twice as long each time. Simplification: Kafka varies the wait by a fifth.
 *
 * Source: reconnect.backoff.ms, ClusterConnectionStates#updateReconnectBackoff.
 */
const RECONNECT_MS = 50;
/** Who removes members for the script. */
const ADMIN: Client = { name: asMemberName('admin'), incarnation: 0 };

/** A member's process, and what of it is under way. */
interface Process {
  readonly actor: ActorId;
  member: Member;
  /** Counts the starts; messages and timers of an earlier one are void. */
  incarnation: number;
  /** Who it is to the coordinator, from one start to the next. */
  client: Client;
  /** Where it has last found the coordinator. */
  node: number;
  /** Counts its connections to the coordinator; what is under way on an earlier one is lost. */
  connection: number;
  /** The command since which nothing passes on its connection to the coordinator; null when it does. */
  silentSince: number | null;
  isFrozen: boolean;
  /** When it was frozen last. */
  frozenAtMs: number;
  /** How often in a row it found no broker to connect to. */
  failedConnects: number;
  /** What would have reached a frozen process, in order. */
  heldBack: Entry[];
  /** The command that starts it anew as soon as it has ended; null without one. */
  restartStep: number | null;
  /** Steps at which requests were sent that are not answered yet, by correlation id. */
  readonly sentSteps: Map<number, number>;
  /** A fetch that waits for records. */
  fetch: {
    readonly fetchId: number;
    readonly positions: readonly PartitionOffset[];
  } | null;
}

type Entry =
  | { readonly type: 'command'; readonly command: TimedCommand }
  | {
      readonly type: 'request';
      readonly sentStep: number;
      readonly client: Client;
      readonly correlationId: number;
      readonly message: GroupRequest;
      /** Which life of the broker it was sent in. */
      readonly life: number;
      /** The broker that its sender takes for the coordinator. */
      readonly node: number;
      readonly connection: number;
      /** It is late, or waits behind one that is, and is lost when its sender is gone meanwhile. */
      readonly isHeldBack: boolean;
    }
  | {
      readonly type: 'response';
      readonly sentStep: number;
      readonly client: Client;
      readonly correlationId: number;
      readonly message: GroupResponse;
      readonly life: number;
      /** The coordinator when it was sent, which is what FindCoordinator answers. */
      readonly node: number;
    }
  | {
      readonly type: 'memberTimer';
      readonly client: Client;
      readonly key: string;
      readonly startedStep: number;
      readonly timer: MemberTimer;
    }
  | {
      readonly type: 'groupTimer';
      readonly key: string;
      readonly startedStep: number;
      readonly timer: GroupTimer;
    }
  | {
      readonly type: 'broker';
      readonly to: 'loading' | 'up';
      readonly cause: number;
      /** Whose coming back it is; void when the coordinator has changed again meanwhile. */
      readonly term: number;
    }
  /** A member can connect again, or fetches anew, over a new connection. */
  | { readonly type: 'fetchAgain'; readonly client: Client; readonly cause: number }
  | {
      readonly type: 'input';
      readonly client: Client;
      readonly input: MemberInput;
      readonly cause: number;
    };

type RequestEntry = Extract<Entry, { type: 'request' }>;

class Run {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #rules: CoordinatorRules;
  readonly #agenda = new Agenda<Entry>();
  readonly #events: TraceEvent[] = [];
  readonly #network: Network;
  readonly #idSource: Random;
  readonly #kafkaVersion: string | null;
  readonly #givenIds: ReadonlyMap<MemberName, readonly MemberId[]>;
  readonly #memberIds = new Map<MemberName, readonly MemberId[]>();
  /** Whom each id was drawn for. */
  readonly #names = new Map<MemberId, MemberName>();
  readonly #processes = new Map<MemberName, Process>();
  /**
   * Members' connections to the coordinator, of each of which the broker takes one request at a time.
   *
   * Source: kafka.network.SocketServer, which mutes a channel until the response is sent.
   */
  readonly #channels = new Channels<Client, RequestEntry>();
  /** The step at which each running timer was started, by its key, for each actor. */
  readonly #timers = new Map<ActorId, Map<string, number>>();
  readonly #topicIds = new Map<string, string>();
  /** End offset of each partition, by topic. */
  readonly #endOffsets = new Map<string, readonly number[]>();
  /** Which of a member's threads does what is recorded now, where that is told. */
  #thread: 'heartbeat' | null = null;
  /** What applications keep outside of Kafka: the next offset of each printed partition. */
  readonly #checkpoints = new Map<string, number>();
  /** Where the group came into its state, and where members were removed from it. */
  #groupStateStep: number | null = null;
  readonly #removedSteps = new Map<MemberId, number>();
  readonly #faults = new Faults();
  #coordinator: Coordinator;
  /** When the broker will be back; null while it is there. Messages of an earlier life are lost. */
  #downUntilMs: number | null = null;
  #brokerLife = 0;
  /** Of every partition. */
  #leaderEpoch = 0;
  /** The broker that is the coordinator; members learn of another one by FindCoordinator. */
  #node = 1;
  /** Counts the changes of the coordinator: its going down, its coming back, its moves. */
  #term = 0;

  constructor(scenario: Scenario, options: SimulateOptions, rules: CoordinatorRules) {
    const seed = options.seed ?? 1;
    this.#scenario = scenario;
    this.#seed = seed;
    this.#rules = rules;
    // Ids and latencies come from generators of their own: given ids do not change the timing.
    this.#network = new Network(new Random(seed, 1), LATENCY);
    this.#idSource = new Random(seed, 2);
    this.#givenIds = options.memberIds ?? new Map();
    this.#kafkaVersion = options.kafkaVersion ?? null;
    const topicIdSource = new Random(seed, 3);
    for (const { name, partitions } of scenario.topics) {
      const drawn = topicIdSource.nextBase64Uuid();
      this.#topicIds.set(name, options.topicIds?.get(name) ?? drawn);
      this.#endOffsets.set(
        name,
        Array.from({ length: partitions }, () => 0),
      );
    }
    const settings = readCoordinatorSettings(scenario);
    this.#coordinator = newCoordinator(scenario.group, settings, this.#topics());
    for (const member of scenario.members) {
      const config = readMemberConfig(member, scenario.group);
      this.#processes.set(member.name, {
        actor: memberActor(member.name),
        member: newMember(config),
        incarnation: 0,
        client: { name: member.name, incarnation: 0 },
        node: this.#node,
        connection: 0,
        silentSince: null,
        isFrozen: false,
        frozenAtMs: 0,
        failedConnects: 0,
        heldBack: [],
        restartStep: null,
        sentSteps: new Map(),
        fetch: null,
      });
    }
  }

  toEnd(): Trace {
    this.#record('script', null, { kind: 'begin' });
    for (const command of this.#scenario.script) {
      this.#agenda.schedule({ type: 'command', command }, command.atMs);
    }
    const { untilMs } = this.#scenario;
    while ((this.#agenda.nextMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
      this.#happen(existing(this.#agenda.next(), 'next entry'));
    }
    this.#events.push({
      step: this.#events.length,
      atMs: untilMs,
      actor: 'script',
      cause: null,
      inferred: false,
      kind: 'end',
    });
    return {
      format: TRACE_FORMAT,
      source: 'simulated',
      scenario: this.#scenario,
      seed: this.#seed,
      versions: this.#kafkaVersion === null ? {} : { kafka: this.#kafkaVersion },
      memberIds: this.#memberIds,
      topicIds: this.#topicIds,
      events: this.#events,
    };
  }

  #record(actor: ActorId, cause: number | null, fact: Fact): number {
    const step = this.#events.length;
    const { nowMs: atMs } = this.#agenda;
    const thread = this.#thread;
    this.#events.push(
      thread === null
        ? { step, atMs, actor, cause, inferred: false, ...fact }
        : { step, atMs, actor, cause, inferred: false, thread, ...fact },
    );
    return step;
  }

  #happen(entry: Entry): void {
    switch (entry.type) {
      case 'command':
        this.#carryOut(entry.command);
        return;
      case 'request':
        this.#arriveAtCoordinator(entry);
        return;
      case 'groupTimer':
        this.#fireGroupTimer(entry);
        return;
      case 'broker':
        this.#returnBroker(entry);
        return;
      case 'fetchAgain':
        if (this.#process(entry.client.name).client === entry.client) {
          this.#serveFetch(entry.client.name, entry.cause);
        }
        return;
      case 'response':
      case 'memberTimer':
      case 'input':
        this.#reachMember(entry);
        return;
      default:
        unreachable(entry, 'happen');
    }
  }

  // ---- script -------------------------------------------------------------------------------

  #carryOut(timed: TimedCommand): void {
    const { atMs: _atMs, ...command } = timed;
    const step = this.#record('script', null, { kind: 'command', command });
    if (command.do === 'produce') this.#produce(command, step);
    else if (command.do === 'addPartitions') this.#addPartitions(command, step);
    else if (command.do === 'restartBroker') this.#stopBroker(command.downMs, step);
    else if (command.do === 'moveCoordinator') this.#moveCoordinator(command.loadingMs, step);
    else if (isFault(command)) this.#beginFault(command, step);
    else if (command.do === 'removeMember') this.#removeMember(command.member, step);
    else
      this.#commandMember(
        existing(memberCommanded(command), 'member of the command'),
        command,
        step,
      );
  }

  #commandMember(name: MemberName, command: TimedCommandBody, step: number): void {
    const process = this.#process(name);
    if (command.do === 'start') {
      // A member has one process at a time: it starts when the one that still closes has ended.
      process.restartStep = step;
      this.#startIfEnded(name);
      return;
    }
    if (command.do === 'crash' || command.do === 'close') process.restartStep = null;
    // A process that has ended by itself hears nothing.
    if (hasEnded(process)) return;
    if (command.do === 'freeze') {
      process.isFrozen = true;
      process.frozenAtMs = this.#agenda.nowMs;
      return;
    } else if (command.do === 'thaw') {
      const frozenMs = this.#agenda.nowMs - process.frozenAtMs;
      for (const entry of unfreeze(process)) this.#agenda.schedule(entry, 0);
      this.#stepMember(name, { type: 'thawed', frozenMs }, step);
      return;
    } else if (command.do === 'crash') unfreeze(process);
    this.#stepMember(name, { type: 'command', command }, step);
  }

  /** Starts a process that is to start, unless an earlier one of this member is still there. */
  #startIfEnded(name: MemberName): void {
    const process = this.#process(name);
    const { restartStep: step } = process;
    if (step === null || !hasEnded(process)) return;
    process.restartStep = null;
    process.incarnation += 1;
    process.client = { name, incarnation: process.incarnation };
    process.failedConnects = 0;
    this.#newConnection(process);
    process.sentSteps.clear();
    process.fetch = null;
    unfreeze(process);
    this.#stepMember(name, { type: 'command', command: { do: 'start', member: name } }, step);
    if (process.member.config.groupProtocol === 'consumer') {
      const memberId = this.#givenId(name) ?? asMemberId(this.#idSource.nextBase64Uuid());
      this.#know(name, memberId);
      this.#stepMember(name, { type: 'memberId', memberId }, step);
    }
  }

  #produce(command: Extract<TimedCommandBody, { do: 'produce' }>, step: number): void {
    const { topic, count, partition: only } = command;
    const endOffsets = [...existing(this.#endOffsets.get(topic), topic)];
    endOffsets.forEach((endOffset, partition) => {
      if (only !== null && only !== partition) return;
      const share = only === null ? shareOf(count, endOffsets.length, partition) : count;
      if (share === 0) return;
      endOffsets[partition] = endOffset + share;
      this.#record('script', step, {
        kind: 'recordsProduced',
        partition: { topic, partition },
        firstOffset: endOffset,
        lastOffset: endOffset + share - 1,
      });
    });
    this.#endOffsets.set(topic, endOffsets);
    for (const name of this.#processes.keys()) this.#serveFetch(name, step);
  }

  #addPartitions(command: Extract<TimedCommandBody, { do: 'addPartitions' }>, step: number): void {
    const { topic, partitions } = command;
    const endOffsets = existing(this.#endOffsets.get(topic), topic);
    const added = Array.from({ length: partitions - endOffsets.length }, () => 0);
    this.#endOffsets.set(topic, [...endOffsets, ...added]);
    this.#coordinator = withTopics(this.#coordinator, this.#topics());
    this.#record('script', step, { kind: 'topicChanged', topic, partitionCount: partitions });
  }

  /** The cluster's topics, as the coordinator sees them. */
  #topics(): ReadonlyMap<string, BrokerTopic> {
    return new Map(
      [...this.#endOffsets].map(([name, { length: partitionCount }]) => [
        name,
        { topicId: existing(this.#topicIds.get(name), name), partitionCount },
      ]),
    );
  }

  /** Racks of the replicas of so many partitions; nothing where the scenario gives none. */
  #racksOf(name: string, partitionCount: number): Pick<TopicMetadata, 'racks'> {
    const racks = this.#scenario.topics.find((topic) => topic.name === name)?.racks;
    if (racks === undefined) return {};
    const inTurn = Array.from(
      { length: partitionCount },
      (_, partition) => racks[partition % racks.length] ?? [],
    );
    return { racks: inTurn };
  }

  /** How an answer to Metadata lists so many partitions; nothing where that is by number. */
  #orderOf(partitionCount: number): Pick<TopicMetadata, 'order'> {
    const isSorted = !isVersionBefore(this.#kafkaVersion ?? 'unknown', SORTED_METADATA_SINCE);
    return isSorted ? {} : { order: metadataOrder(partitionCount, this.#leaderEpoch) };
  }

  /** Admin.removeMembersFromConsumerGroup, by the member's group.instance.id. */
  #removeMember(name: MemberName, step: number): void {
    const { groupInstanceId, groupId } = this.#process(name).member.config;
    const reason = 'member was removed by an admin';
    const message: GroupRequest = {
      type: 'LeaveGroupRequest',
      groupId,
      members: [{ memberId: null, groupInstanceId, reason }],
    };
    const sent = { kind: 'messageSent', to: 'coordinator', message, answers: null } as const;
    const sentStep = this.#record('script', step, sent);
    this.#agenda.schedule(
      {
        type: 'request',
        sentStep,
        client: ADMIN,
        correlationId: sentStep,
        message,
        life: this.#brokerLife,
        node: this.#node,
        connection: 0,
        isHeldBack: false,
      },
      this.#network.delayMs('script', 'coordinator', this.#agenda.nowMs),
    );
  }

  // ---- broker -------------------------------------------------------------------------------

  /**
   * The broker stops: connections break, clocks of the coordinator end, the log stays. It comes back
   * when the last command to restart it says; one that is down has nothing more to lose.
   */
  #stopBroker(downMs: number, cause: number): void {
    const isDown = this.#downUntilMs !== null;
    this.#downUntilMs = this.#agenda.nowMs + downMs;
    this.#brokerLife += 1;
    this.#term += 1;
    const downStep = isDown ? cause : this.#breakDown(cause);
    const term = this.#term;
    this.#agenda.schedule({ type: 'broker', to: 'loading', cause: downStep, term }, downMs);
  }

  /**
   * Another broker becomes the coordinator and reads the group from its log; nothing else of the
   * cluster changes. The one before sends away who waits, and whoever comes to it from now on; when
   * it was down, the other one takes over for good.
   *
   * Source: GroupCoordinatorService#onResignation, #onElection.
   */
  #moveCoordinator(loadingMs: number, cause: number): void {
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: 'moved' });
    this.#node += 1;
    this.#term += 1;
    if (this.#downUntilMs === null) this.#resign(step, () => true);
    else this.#serveAgain(step);
    this.#beginLoading(loadingMs, step);
  }

  #breakDown(cause: number): number {
    // Once because their leader has gone, and once because it is back. Source: PartitionChangeBuilder.
    this.#leaderEpoch += 2;
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: 'down' });
    // Nobody hears a broker that goes down: of what it would say, only the facts remain.
    this.#resign(step, ({ type }) => type === 'note');
    for (const { client, member } of this.#processes.values()) {
      for (const correlationId of member.requests.keys()) {
        this.#disconnect(client, correlationId, step, 0);
      }
    }
    for (const client of this.#channels.peers()) this.#breakChannel(client, 'brokerDown', step);
    return step;
  }

  /** The coordinator's clocks end, and the group with them; what it says of that is up to the caller. */
  #resign(step: number, isHeard: (effect: GroupEffect) => boolean): void {
    for (const key of [...this.#timersOf('coordinator').keys()]) {
      this.#stopTimer('coordinator', key, step);
    }
    const { coordinator, effects } = unload(this.#coordinator);
    this.#coordinator = coordinator;
    for (const effect of effects) if (isHeard(effect)) this.#doForCoordinator(effect, step);
  }

  #disconnect(
    client: Client,
    correlationId: number,
    cause: number,
    afterMs: number,
    isUnreachable = false,
  ): void {
    const input = { type: 'disconnected', correlationId, isUnreachable } as const;
    this.#agenda.schedule({ type: 'input', client, input, cause }, afterMs);
  }

  #returnBroker({ to, cause, term }: Extract<Entry, { type: 'broker' }>): void {
    if (term !== this.#term) return;
    if (to === 'loading') {
      this.#serveAgain(cause);
      this.#beginLoading(LOADING_MS, cause);
      return;
    }
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: 'up' });
    this.#applyCoordinator(load(this.#coordinator), step);
  }

  #beginLoading(loadingMs: number, cause: number): void {
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: 'loading' });
    this.#coordinator = beginLoading(this.#coordinator);
    const term = this.#term;
    this.#agenda.schedule({ type: 'broker', to: 'up', cause: step, term }, loadingMs);
  }

  /** The broker is there again, or another one in its place. */
  #serveAgain(cause: number): void {
    this.#downUntilMs = null;
    for (const name of this.#processes.keys()) this.#serveFetch(name, cause);
  }

  // ---- faults -------------------------------------------------------------------------------

  #beginFault(command: FaultCommand, step: number): void {
    this.#faults.add(command, this.#agenda.nowMs, step);
    const process = this.#process(command.member);
    if (command.do !== 'cut' || hasEnded(process)) return;
    const { client } = process;
    this.#closeConnections(process, step);
    this.#agenda.schedule({ type: 'fetchAgain', client, cause: step }, command.forMs);
  }

  /** All requests of the member are lost with its connections, or their answers are. */
  #closeConnections(process: Process, cause: number): void {
    const { client, member } = process;
    this.#newConnection(process);
    for (const correlationId of member.requests.keys()) {
      this.#disconnect(client, correlationId, cause, 0);
    }
    const lost = { type: 'connectionLost' } as const;
    this.#agenda.schedule({ type: 'input', client, input: lost, cause }, 0);
    this.#breakChannel(client, 'linkCut', cause);
  }

  #newConnection(process: Process): void {
    process.connection += 1;
    process.silentSince = null;
  }

  /** The script answers in the broker's place: Kafka's AbstractRequest#getErrorResponse. */
  #intercept(
    process: Process,
    correlationId: number,
    request: GroupRequest,
    { errorCode, because }: { readonly errorCode: ErrorCode; readonly because: number },
  ): void {
    const { actor: to, client, sentSteps } = process;
    const sentStep = existing(sentSteps.get(correlationId), 'step of the request');
    this.#record('script', because, { kind: 'messageDropped', sentStep, reason: 'intercepted' });
    const message = refused(request, errorCode);
    const sent = { kind: 'messageSent', to, message, answers: sentStep } as const;
    const answerStep = this.#record('script', because, sent);
    sentSteps.delete(correlationId);
    this.#agenda.schedule(
      {
        type: 'response',
        sentStep: answerStep,
        client,
        correlationId,
        message,
        life: this.#brokerLife,
        node: process.node,
      },
      this.#network.delayMs('coordinator', to, this.#agenda.nowMs),
    );
  }

  /** Nothing passes on a connection any more, until the client gives it up. */
  #lose(process: Process, correlationId: number, request: GroupRequest, because: number): void {
    const sentStep = existing(process.sentSteps.get(correlationId), 'step of the request');
    this.#record('coordinator', because, { kind: 'messageDropped', sentStep, reason: 'lost' });
    const patienceMs = patienceForLost(request, process.member, this.#agenda.nowMs);
    this.#disconnect(process.client, correlationId, sentStep, patienceMs);
  }

  // ---- coordinator --------------------------------------------------------------------------

  #arriveAtCoordinator(entry: RequestEntry): void {
    const { sentStep, client, correlationId, message } = entry;
    if (this.#isLost(entry) || this.#isCutOff(entry) || this.#waitsForChannel(entry)) return;
    const step = this.#record('coordinator', sentStep, { kind: 'messageDelivered', sentStep });
    if (entry.node !== this.#node && message.type !== 'FindCoordinatorRequest') {
      const parked = { client, correlationId };
      this.#applyCoordinator(onRequestElsewhere(this.#coordinator, message, parked), step);
      return;
    }
    const isNewcomer = message.type === 'JoinGroupRequest' && message.memberId === null;
    const instanceId = isNewcomer ? message.groupInstanceId : null;
    const freshId = isNewcomer ? this.#nextId(client.name, instanceId) : asMemberId('');
    const parked = { client, correlationId };
    if (isNewcomer) this.#names.set(freshId, client.name);
    const { nowMs } = this.#agenda;
    const taken = this.#rules.onRequest(this.#coordinator, message, parked, freshId, nowMs);
    this.#applyCoordinator(taken, step);
    if (isNewcomer && isHandedOut(taken, freshId)) this.#know(client.name, freshId);
  }

  /** Whether a request has to wait for another of its connection to be answered. */
  #waitsForChannel(entry: RequestEntry): boolean {
    const { client, message } = entry;
    // Anybody is asked for the coordinator, over another connection; an admin has one of its own.
    if (message.type === 'FindCoordinatorRequest' || client === ADMIN) return false;
    return !this.#channels.take(client, entry);
  }

  /** A connection breaks, and with it goes what has not been taken from it. */
  #breakChannel(client: Client, reason: 'brokerDown' | 'linkCut', cause: number): void {
    for (const { sentStep, correlationId } of this.#channels.cut(client)) {
      this.#record('coordinator', sentStep, { kind: 'messageDropped', sentStep, reason });
      if (reason === 'linkCut') this.#disconnect(client, correlationId, cause, 0);
    }
  }

  /** What was under way on a connection that has been closed since never arrives. */
  #isCutOff({ client, connection, sentStep, isHeldBack }: RequestEntry): boolean {
    if (client === ADMIN) return false;
    const process = this.#process(client.name);
    const isGone = client !== process.client || hasEnded(process);
    if (isGone ? !isHeldBack : connection === process.connection) return false;
    this.#record('coordinator', sentStep, {
      kind: 'messageDropped',
      sentStep,
      reason: 'linkCut',
    });
    return true;
  }

  #know(name: MemberName, memberId: MemberId): void {
    this.#names.set(memberId, name);
    this.#memberIds.set(name, [...(this.#memberIds.get(name) ?? []), memberId]);
  }

  /** The id that the caller wants this member to get next; null to take one from the seed. */
  #givenId(name: MemberName): MemberId | null {
    return this.#givenIds.get(name)?.[this.#memberIds.get(name)?.length ?? 0] ?? null;
  }

  /** A message that was under way when the broker went down never arrives. */
  #isLost(entry: { readonly sentStep: number; readonly life: number }): boolean {
    if (entry.life === this.#brokerLife && this.#downUntilMs === null) return false;
    const dropped = {
      kind: 'messageDropped',
      sentStep: entry.sentStep,
      reason: 'brokerDown',
    } as const;
    this.#record('coordinator', entry.sentStep, dropped);
    return true;
  }

  /** `<client.id>-<uuid>`, or `<group.instance.id>-<uuid>`; a consumer group gives plain Uuids. */
  #nextId(name: MemberName, groupInstanceId: GroupInstanceId | null): MemberId {
    const given = this.#givenId(name);
    if (given !== null) return given;
    const { group } = this.#coordinator;
    return group?.protocol === 'consumer' && group.members.size > 0
      ? asMemberId(this.#idSource.nextBase64Uuid())
      : asMemberId(`${groupInstanceId ?? name}-${this.#idSource.nextUuid()}`);
  }

  #fireGroupTimer(entry: Extract<Entry, { type: 'groupTimer' }>): void {
    const step = this.#fire('coordinator', entry.key, entry.startedStep);
    if (step !== null)
      this.#applyCoordinator(
        this.#rules.onTimer(this.#coordinator, entry.timer, this.#agenda.nowMs),
        step,
      );
  }

  #applyCoordinator({ coordinator, effects }: CoordinatorStep, cause: number): void {
    this.#coordinator = coordinator;
    for (const effect of effects) this.#doForCoordinator(effect, cause);
  }

  #doForCoordinator(effect: GroupEffect, cause: number): void {
    switch (effect.type) {
      case 'note': {
        const { note } = effect;
        const step = this.#record('coordinator', cause, note);
        if (note.kind === 'groupState') this.#groupStateStep = step;
        if (note.kind === 'groupMember' && note.change === 'removed') {
          this.#removedSteps.set(note.memberId, step);
        }
        return;
      }
      case 'startTimer': {
        const { timer, afterMs } = effect;
        const key = groupTimerKey(timer);
        const member = timer.memberId === null ? null : (this.#names.get(timer.memberId) ?? null);
        const startedStep = this.#startTimer('coordinator', key, timer, member, afterMs, cause);
        this.#agenda.schedule({ type: 'groupTimer', key, startedStep, timer }, afterMs);
        return;
      }
      case 'stopTimer':
        this.#stopTimer('coordinator', groupTimerKey(effect.timer), cause);
        return;
      case 'send': {
        const { to: client, correlationId, message } = effect;
        if (client === ADMIN) {
          this.#answerAdmin(correlationId, message, cause);
          return;
        }
        const next = this.#channels.answer(client, correlationId);
        if (next !== null) this.#agenda.schedule(next, 0);
        const { actor: to, sentSteps, incarnation } = this.#process(client.name);
        // A parked request of an earlier process of this member has no step that it answers.
        const isCurrent = incarnation === client.incarnation;
        const answers = isCurrent ? (sentSteps.get(correlationId) ?? null) : null;
        if (isCurrent) sentSteps.delete(correlationId);
        const sent = { kind: 'messageSent', to, message, answers } as const;
        const asked = answers === null ? undefined : this.#events[answers];
        const reason =
          asked?.kind === 'messageSent' ? this.#refusalReason(asked.message, message) : null;
        const sentStep = this.#record('coordinator', reason ?? cause, sent);
        this.#agenda.schedule(
          {
            type: 'response',
            sentStep,
            client,
            correlationId,
            message,
            life: this.#brokerLife,
            node: this.#node,
          },
          this.#network.delayMs('coordinator', to, this.#agenda.nowMs),
        );
        return;
      }
      default:
        unreachable(effect, 'doForCoordinator');
    }
  }

  /** The admin counts its requests by the steps at which they were sent. */
  #answerAdmin(answers: number, message: GroupResponse, cause: number): void {
    const sent = { kind: 'messageSent', to: 'script', message, answers } as const;
    const sentStep = this.#record('coordinator', cause, sent);
    this.#record('script', sentStep, { kind: 'messageDelivered', sentStep });
  }

  /** A refusal follows from what the group has been through, not from the request that it answers. */
  #refusalReason(request: GroupMessage, response: GroupResponse): number | null {
    if (response.type !== 'HeartbeatResponse' && response.type !== 'OffsetCommitResponse')
      return null;
    switch (response.errorCode) {
      case 'REBALANCE_IN_PROGRESS':
      case 'ILLEGAL_GENERATION':
        return this.#groupStateStep;
      case 'UNKNOWN_MEMBER_ID': {
        const memberId = 'memberId' in request ? request.memberId : null;
        return memberId === null ? null : (this.#removedSteps.get(memberId) ?? null);
      }
      default:
        return null;
    }
  }

  // ---- members ------------------------------------------------------------------------------

  #process(name: MemberName): Process {
    return existing(this.#processes.get(name), 'process of that name');
  }

  /** Brings something to a member's process: dropped when that is gone, held back when frozen. */
  #reachMember(entry: Extract<Entry, { type: 'response' | 'memberTimer' | 'input' }>): void {
    const { name, incarnation } = entry.client;
    const process = this.#process(name);
    if (process.incarnation !== incarnation || hasEnded(process)) {
      if (entry.type !== 'response') return;
      const { sentStep } = entry;
      const dropped = { kind: 'messageDropped', sentStep, reason: 'receiverGone' } as const;
      this.#record(process.actor, sentStep, dropped);
    } else if (process.isFrozen) process.heldBack.push(entry);
    else if (entry.type === 'input') {
      const { client, input, cause } = entry;
      const isCut =
        input.type === 'disconnected' &&
        (this.#channels.isBusyWith(client, input.correlationId) || process.silentSince !== null) &&
        process.member.requests.has(input.correlationId);
      if (isCut && process.silentSince !== null) this.#closeConnections(process, cause);
      else if (isCut) this.#breakChannel(client, 'linkCut', cause);
      this.#stepMember(name, input, cause);
    } else if (entry.type === 'memberTimer') {
      const step = this.#fire(process.actor, entry.key, entry.startedStep);
      if (step !== null) this.#stepMember(name, { type: 'timer', timer: entry.timer }, step);
    } else {
      const { sentStep, correlationId, message } = entry;
      if (this.#isLost(entry)) return;
      if (!process.member.requests.has(correlationId)) {
        // The client has lost patience, and the connection with it.
        const dropped = { kind: 'messageDropped', sentStep, reason: 'receiverGone' } as const;
        this.#record(process.actor, sentStep, dropped);
        return;
      }
      const step = this.#record(process.actor, sentStep, { kind: 'messageDelivered', sentStep });
      if (message.type === 'FindCoordinatorResponse') process.node = entry.node;
      this.#stepMember(name, { type: 'response', correlationId, message }, step);
    }
  }

  #stepMember(name: MemberName, input: MemberInput, cause: number): void {
    const process = this.#process(name);
    const { member, effects } = stepMember(process.member, input, this.#agenda.nowMs, cause);
    process.member = member;
    for (const { effect, cause: effectCause, isOfHeartbeatThread } of effects) {
      this.#thread = isOfHeartbeatThread ? 'heartbeat' : null;
      this.#doForMember(name, effect, effectCause);
    }
    this.#thread = null;
    if (!hasEnded(process)) return;
    this.#timers.delete(process.actor);
    this.#startIfEnded(name);
  }

  #doForMember(name: MemberName, effect: MemberEffect, cause: number): void {
    const process = this.#process(name);
    const { actor, client } = process;
    switch (effect.type) {
      case 'note':
        this.#record(actor, cause, effect.note);
        return;
      case 'startTimer': {
        const { timer, afterMs } = effect;
        const startedStep = this.#startTimer(actor, timer, { kind: timer }, name, afterMs, cause);
        this.#agenda.schedule(
          { type: 'memberTimer', client, key: timer, startedStep, timer },
          afterMs,
        );
        return;
      }
      case 'stopTimer':
        this.#stopTimer(actor, effect.timer, cause);
        return;
      case 'send': {
        const { correlationId, message } = effect;
        const sent = { kind: 'messageSent', to: 'coordinator', message, answers: null } as const;
        const sentStep = this.#record(actor, cause, sent);
        process.sentSteps.set(correlationId, sentStep);
        const cutBecause = this.#faults.cutBecauseOf(name, this.#agenda.nowMs);
        if (cutBecause !== null || this.#downUntilMs !== null) {
          if (!this.#isLost({ sentStep, life: this.#brokerLife })) {
            const dropped = { kind: 'messageDropped', sentStep, reason: 'linkCut' } as const;
            this.#record('coordinator', cutBecause, dropped);
          }
          const { mostReconnectMs } = process.member.config.profile;
          const waitMs = Math.min(RECONNECT_MS * 2 ** process.failedConnects, mostReconnectMs);
          process.failedConnects += 1;
          // Who is let in at the second try is still in the same poll(), and has not missed its metadata;
          // and where the coordinator can move, other brokers still answer for the cluster.
          const isAlone =
            process.failedConnects > 1 &&
            this.#scenario.script.every((each) => each.do !== 'moveCoordinator');
          this.#disconnect(client, correlationId, sentStep, waitMs, isAlone);
          return;
        }
        process.failedConnects = 0;
        // Anybody is asked for the coordinator, over another connection; the one that was there is closed.
        // kafkajs asks over the same, where then nothing else is under way.
        const isElsewhere = message.type === 'FindCoordinatorRequest';
        if (isElsewhere && process.silentSince !== null) this.#closeConnections(process, sentStep);
        const fate = this.#faults.judge(name, apiOf(message), this.#agenda.nowMs);
        if (fate.type === 'answered') {
          this.#intercept(process, correlationId, message, fate);
          return;
        }
        if (fate.type === 'lost' && !isElsewhere) process.silentSince ??= fate.because;
        const because = fate.type === 'lost' ? fate.because : process.silentSince;
        if (because !== null) {
          this.#lose(process, correlationId, message, because);
          return;
        }
        const afterMs = this.#network.delayMs(
          actor,
          // Each connection keeps its own order.
          isElsewhere ? 'anyBroker' : `coordinator/${process.connection}`,
          this.#agenda.nowMs,
          fate.type === 'late' ? fate.byMs : 0,
        );
        const isHeldBack = afterMs > LATENCY.mostMs;
        const { node, connection } = process;
        const life = this.#brokerLife;
        this.#agenda.schedule(
          {
            type: 'request',
            sentStep,
            client,
            correlationId,
            message,
            life,
            node,
            connection,
            isHeldBack,
          },
          afterMs,
        );
        const patienceMs = patienceFor(message, process.member.config);
        if (patienceMs !== null) this.#disconnect(client, correlationId, sentStep, patienceMs);
        return;
      }
      case 'fetch': {
        const { fetchId, positions } = effect;
        process.fetch = { fetchId, positions };
        this.#serveFetch(name, cause);
        return;
      }
      case 'listOffsets': {
        const positions = effect.partitions.map((partition) =>
          atOffset(partition, effect.at === 'latest' ? this.#endOffset(partition) : 0),
        );
        this.#answerLater(client, { type: 'offsetsListed', positions }, cause);
        return;
      }
      case 'saveCheckpoints':
        for (const { offset, ...partition } of effect.offsets) {
          this.#checkpoints.set(printPartition(partition), offset);
        }
        return;
      case 'loadCheckpoints': {
        const positions = effect.partitions.flatMap((partition) => {
          const offset = this.#checkpoints.get(printPartition(partition));
          return offset === undefined ? [] : [atOffset(partition, offset)];
        });
        this.#answerLater(client, { type: 'checkpointsLoaded', positions }, cause);
        return;
      }
      case 'refreshMetadata': {
        const topics = [...this.#endOffsets].map(([topic, ends]) => ({
          name: topic,
          partitions: ends.length,
          ...this.#racksOf(topic, ends.length),
          ...this.#orderOf(ends.length),
        }));
        this.#answerLater(client, { type: 'metadata', topics }, cause);
        return;
      }
      default:
        unreachable(effect, 'doForMember');
    }
  }

  /** Answers of partition leaders and of the cluster; they are not messages of the group. */
  #answerLater(client: Client, input: MemberInput, cause: number): void {
    const { nowMs } = this.#agenda;
    const waitMs = Math.max(0, (this.#downUntilMs ?? nowMs) - nowMs);
    const delayMs = waitMs + this.#network.delayMs('brokers', client.name, nowMs);
    this.#agenda.schedule({ type: 'input', client, input, cause }, delayMs);
  }

  #endOffset({ topic, partition }: TopicPartition): number {
    return existing(this.#endOffsets.get(topic)?.[partition], `${topic}-${partition}`);
  }

  /** Answers a fetch that waits, as soon as one of its positions has records. */
  #serveFetch(name: MemberName, cause: number): void {
    const process = this.#process(name);
    const { fetch, client } = process;
    if (fetch === null || this.#downUntilMs !== null) return;
    if (this.#faults.cutBecauseOf(name, this.#agenda.nowMs) !== null) return;
    const batches = fetch.positions.flatMap(({ topic, partition, offset }): OffsetSpan[] => {
      const endOffset = this.#endOffset({ topic, partition });
      if (endOffset <= offset) return [];
      return [{ partition: { topic, partition }, firstOffset: offset, lastOffset: endOffset - 1 }];
    });
    if (batches.length === 0) return;
    process.fetch = null;
    const input = { type: 'fetched', fetchId: fetch.fetchId, batches } as const;
    this.#answerLater(client, input, cause);
  }

  // ---- timers -------------------------------------------------------------------------------

  #startTimer(
    actor: ActorId,
    key: string,
    { kind: timer }: { readonly kind: Extract<Fact, { kind: 'timerStarted' }>['timer'] },
    member: MemberName | null,
    afterMs: number,
    cause: number,
  ): number {
    const dueAtMs = this.#agenda.nowMs + afterMs;
    const started = { kind: 'timerStarted', timer, key, member, dueAtMs, afterMs } as const;
    const step = this.#record(actor, cause, started);
    this.#timersOf(actor).set(key, step);
    return step;
  }

  #stopTimer(actor: ActorId, key: string, cause: number): void {
    const timers = this.#timersOf(actor);
    const startedStep = timers.get(key);
    if (startedStep === undefined) return;
    timers.delete(key);
    this.#record(actor, cause, { kind: 'timerStopped', key, startedStep });
  }

  /** The step at which a timer fires; null when it was stopped or started anew meanwhile. */
  #fire(actor: ActorId, key: string, startedStep: number): number | null {
    const timers = this.#timersOf(actor);
    if (timers.get(key) !== startedStep) return null;
    timers.delete(key);
    return this.#record(actor, startedStep, { kind: 'timerFired', key, startedStep });
  }

  #timersOf(actor: ActorId): Map<string, number> {
    const known = this.#timers.get(actor);
    if (known !== undefined) return known;
    const timers = new Map<string, number>();
    this.#timers.set(actor, timers);
    return timers;
  }
}

type TimedCommandBody = Extract<Fact, { kind: 'command' }>['command'];

/** Whether a newcomer has become a member under this id, or was told to come back with it. */
const isHandedOut = ({ coordinator, effects }: CoordinatorStep, memberId: MemberId): boolean =>
  coordinator.group?.members.has(memberId) === true ||
  effects.some(
    (effect) =>
      effect.type === 'send' &&
      effect.message.type === 'JoinGroupResponse' &&
      effect.message.errorCode === 'MEMBER_ID_REQUIRED' &&
      effect.message.memberId === memberId,
  );

/**
 * How long a client waits for an answer that the coordinator may hold back, before it takes the
 * connection for broken; null for an answer that comes at once.
 *
 * Source: AbstractCoordinator#sendJoinGroupRequest, JOIN_GROUP_TIMEOUT_LAPSE; NetworkClient.
 */
function patienceFor(message: GroupRequest, config: MemberConfig): number | null {
  const { requestTimeoutMs, rebalanceTimeoutMs } = config;
  if (requestTimeoutMs === null) return null;
  if (message.type === 'SyncGroupRequest') return requestTimeoutMs;
  if (message.type !== 'JoinGroupRequest') return null;
  return Math.max(requestTimeoutMs, rebalanceTimeoutMs + 5_000);
}

/**
 * How long a client waits for the answer to a request that is lost. A thread that sends heartbeats closes
 * the connection as soon as it has heard nothing for the session timeout.
 *
 * Source: AbstractCoordinator.HeartbeatThread#run, #markCoordinatorUnknown; rdkafka_request.c,
 * rd_kafka_HeartbeatRequest, version 2.15.
 */
function patienceForLost(message: GroupRequest, { config, ...member }: Member, nowMs: number) {
  const { profile, sessionTimeoutMs } = config;
  const patienceMs =
    patienceFor(message, config) ?? config.requestTimeoutMs ?? profile.lostRequestMs;
  if (message.type !== 'HeartbeatRequest' || profile.heartbeatsFrom !== 'thread') return patienceMs;
  const since = profile.declaresOwnSessionOver ? nowMs : member.lastHeartbeatOkMs;
  return Math.min(patienceMs, Math.max(0, since + sessionTimeoutMs - nowMs));
}

/** States in which no process runs. */
const ENDED: ReadonlySet<string> = new Set(['down', 'left', 'crashed', 'failed']);

const hasEnded = ({ member }: Process): boolean => ENDED.has(stateOf(member.membership));

/** The process runs; returns what was held back while it did not. */
function unfreeze(process: Process): readonly Entry[] {
  const { heldBack } = process;
  process.isFrozen = false;
  process.heldBack = [];
  return heldBack;
}

const groupTimerKey = ({ kind, memberId }: GroupTimer): string =>
  memberId === null ? kind : `${kind}/${memberId}`;

/** How many of `count` records partition number `index` of `partitionCount` gets. */
const shareOf = (count: number, partitionCount: number, index: number): number =>
  Math.floor(count / partitionCount) + (index < count % partitionCount ? 1 : 0);

function readCoordinatorSettings(scenario: Scenario): CoordinatorSettings {
  const read = (key: string): string => brokerSettingOf(scenario, key);
  const number = (key: string): number => Number(read(key));
  return {
    initialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
    minSessionTimeoutMs: number('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: number('group.max.session.timeout.ms'),
    maxSize: number('group.max.size'),
    consumer: {
      sessionTimeoutMs: number('group.consumer.session.timeout.ms'),
      heartbeatIntervalMs: number('group.consumer.heartbeat.interval.ms'),
      maxSize: number('group.consumer.max.size'),
      assignmentIntervalMs: number('group.consumer.assignment.interval.ms'),
      assignors: read('group.consumer.assignors')
        .split(',')
        .map((name) => name.trim()),
      // A scenario with another word for it is refused when it is read.
      migrationPolicy: read('group.consumer.migration.policy').toLowerCase() as MigrationPolicy,
    },
  };
}
