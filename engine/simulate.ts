import { existing, unreachable } from './assert.ts';
import { newMember, type Member, type MemberInput } from './consumer/member.ts';
import { readMemberConfig } from './consumer/profiles.ts';
import { stepMember } from './consumer/step-member.ts';
import type { MemberEffect, MemberTimer } from './consumer/member.ts';
import type {
  Client,
  ClassicGroupSettings,
  GroupEffect,
  GroupTimer,
} from './coordinator/classic-group.ts';
import {
  newCoordinator,
  onRequest,
  onTimer,
  type Coordinator,
  type CoordinatorStep,
} from './coordinator/coordinator.ts';
import { beginLoading, load, unload } from './coordinator/failover.ts';
import type { OffsetSpan } from './protocol/facts.ts';
import { BROKER_SETTINGS } from './protocol/config.ts';
import {
  asMemberId,
  asMemberName,
  memberActor,
  type ActorId,
  type GroupInstanceId,
  type MemberId,
  type MemberName,
} from './protocol/ids.ts';
import type { GroupMessage, GroupRequest, GroupResponse } from './protocol/messages.ts';
import type { PartitionOffset, TopicPartition } from './protocol/partitions.ts';
import { memberCommanded, type Scenario, type TimedCommand } from './scenarios/scenario.ts';
import { refuseUnsimulated } from './scenarios/simulated.ts';
import { Agenda } from './sim/agenda.ts';
import { Network } from './sim/network.ts';
import { Random } from './sim/random.ts';
import { TRACE_FORMAT, type Fact, type Trace, type TraceEvent } from './trace/events.ts';

export interface SimulateOptions {
  /** Whole number; the same seed gives the same trace. 1 when not given. */
  readonly seed?: number;
  /** Ids to hand out, in order for each member, as a recording's `memberIds`; then from the seed. */
  readonly memberIds?: ReadonlyMap<MemberName, readonly MemberId[]>;
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
  refuseUnsimulated(scenario);
  return new Run(scenario, options).toEnd();
}

/** From the start of a broker until it has read its groups from the log. */
const LOADING_MS = 100;
/** Until a client has tried to connect to a broker that is not there, and tries again. */
const RECONNECT_MS = 50;
/** Who removes members for the script. */
const ADMIN: Client = { name: asMemberName('admin'), incarnation: 0 };

/** A member's process, and what of it is under way. */
interface Process {
  readonly actor: ActorId;
  readonly member: Member;
  /** Counts the starts; messages and timers of an earlier one are void. */
  readonly incarnation: number;
  readonly isFrozen: boolean;
  /** What would have reached a frozen process, in order. */
  readonly heldBack: readonly Entry[];
  /** Steps at which requests were sent, by correlation id. */
  readonly sentSteps: ReadonlyMap<number, number>;
  /** A fetch that waits for records. */
  readonly fetch: {
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
    }
  | {
      readonly type: 'response';
      readonly sentStep: number;
      readonly client: Client;
      readonly correlationId: number;
      readonly message: GroupResponse;
      readonly life: number;
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
  | { readonly type: 'broker'; readonly to: 'loading' | 'up'; readonly cause: number }
  | {
      readonly type: 'input';
      readonly client: Client;
      readonly input: MemberInput;
      readonly cause: number;
    };

class Run {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #agenda = new Agenda<Entry>();
  readonly #events: TraceEvent[] = [];
  readonly #network: Network;
  readonly #idSource: Random;
  readonly #givenIds: ReadonlyMap<MemberName, readonly MemberId[]>;
  readonly #memberIds = new Map<MemberName, readonly MemberId[]>();
  readonly #processes = new Map<MemberName, Process>();
  /** The step at which each running timer was started, by actor and key. */
  readonly #timers = new Map<string, number>();
  /** End offset of each partition, by topic. */
  readonly #endOffsets = new Map<string, readonly number[]>();
  /** Where the group came into its state, and where members were removed from it. */
  #groupStateStep: number | null = null;
  /** Where the admin's last request was sent. */
  #adminStep: number | null = null;
  readonly #removedSteps = new Map<MemberId, number>();
  #coordinator: Coordinator;
  /** When the broker will be back; null while it is there. Messages of an earlier life are lost. */
  #downUntilMs: number | null = null;
  #brokerLife = 0;

  constructor(scenario: Scenario, options: SimulateOptions) {
    const seed = options.seed ?? 1;
    this.#scenario = scenario;
    this.#seed = seed;
    // Ids and latencies come from generators of their own: given ids do not change the timing.
    this.#network = new Network(new Random(seed, 1), LATENCY);
    this.#idSource = new Random(seed, 2);
    this.#givenIds = options.memberIds ?? new Map();
    this.#coordinator = newCoordinator(scenario.group, readGroupSettings(scenario));
    for (const { name, partitions } of scenario.topics) {
      this.#endOffsets.set(
        name,
        Array.from({ length: partitions }, () => 0),
      );
    }
    for (const member of scenario.members) {
      const config = readMemberConfig(member, scenario.group);
      this.#processes.set(member.name, {
        actor: memberActor(member.name),
        member: newMember(config, member.topics),
        incarnation: 0,
        isFrozen: false,
        heldBack: [],
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
      versions: {},
      memberIds: this.#memberIds,
      events: this.#events,
    };
  }

  #record(actor: ActorId, cause: number | null, fact: Fact): number {
    const step = this.#events.length;
    this.#events.push({ step, atMs: this.#agenda.nowMs, actor, cause, inferred: false, ...fact });
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
    else if (command.do === 'removeMember') this.#removeMember(command.member, step);
    else
      this.#commandMember(
        existing(memberCommanded(command), 'member of the command'),
        command,
        step,
      );
  }

  #commandMember(name: MemberName, command: TimedCommandBody, step: number): void {
    // A process that has ended by itself hears nothing.
    const hasEnded = ENDED.has(this.#process(name).member.membership.value);
    if (hasEnded && command.do !== 'start') return;
    if (command.do === 'start') {
      const { incarnation } = this.#process(name);
      this.#change(name, { incarnation: incarnation + 1, sentSteps: new Map(), fetch: null });
      this.#change(name, { isFrozen: false, heldBack: [] });
    } else if (command.do === 'freeze') {
      this.#change(name, { isFrozen: true });
      return;
    } else if (command.do === 'thaw') {
      const { heldBack } = this.#process(name);
      this.#change(name, { isFrozen: false, heldBack: [] });
      for (const entry of heldBack) this.#agenda.schedule(entry, 0);
      return;
    } else if (command.do === 'crash') this.#change(name, { isFrozen: false, heldBack: [] });
    this.#stepMember(name, { type: 'command', command }, step);
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
    this.#record('script', step, { kind: 'topicChanged', topic, partitionCount: partitions });
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
    this.#adminStep = sentStep;
    this.#agenda.schedule(
      {
        type: 'request',
        sentStep,
        client: ADMIN,
        correlationId: 0,
        message,
        life: this.#brokerLife,
      },
      this.#network.delayMs('script', 'coordinator', this.#agenda.nowMs),
    );
  }

  // ---- broker -------------------------------------------------------------------------------

  /** The broker stops: connections break, clocks of the coordinator end, the log stays. */
  #stopBroker(downMs: number, cause: number): void {
    this.#downUntilMs = this.#agenda.nowMs + downMs;
    this.#brokerLife += 1;
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: 'down' });
    for (const key of [...this.#timers.keys()]) {
      const [actor, name] = splitTimerKey(key);
      if (actor === 'coordinator') this.#stopTimer('coordinator', name, step);
    }
    const { coordinator, effects } = unload(this.#coordinator);
    this.#coordinator = coordinator;
    // Nobody hears a broker that goes down: of what it would say, only the facts remain.
    for (const effect of effects) if (effect.type === 'note') this.#doForCoordinator(effect, step);
    for (const [name, { incarnation, member }] of this.#processes) {
      for (const correlationId of member.requests.keys()) {
        this.#disconnect({ name, incarnation }, correlationId, step, 0);
      }
    }
    this.#agenda.schedule({ type: 'broker', to: 'loading', cause: step }, downMs);
  }

  #disconnect(client: Client, correlationId: number, cause: number, afterMs: number): void {
    const input = { type: 'disconnected', correlationId } as const;
    this.#agenda.schedule({ type: 'input', client, input, cause }, afterMs);
  }

  #returnBroker({ to, cause }: Extract<Entry, { type: 'broker' }>): void {
    const step = this.#record('coordinator', cause, { kind: 'brokerChanged', state: to });
    if (to === 'loading') {
      this.#downUntilMs = null;
      this.#coordinator = beginLoading(this.#coordinator);
      this.#agenda.schedule({ type: 'broker', to: 'up', cause: step }, LOADING_MS);
      for (const name of this.#processes.keys()) this.#serveFetch(name, step);
    } else this.#applyCoordinator(load(this.#coordinator), step);
  }

  // ---- coordinator --------------------------------------------------------------------------

  #arriveAtCoordinator(entry: Extract<Entry, { type: 'request' }>): void {
    const { sentStep, client, correlationId, message } = entry;
    if (this.#isLost(entry)) return;
    const step = this.#record('coordinator', sentStep, { kind: 'messageDelivered', sentStep });
    const isNewcomer = message.type === 'JoinGroupRequest' && message.memberId === null;
    const instanceId = isNewcomer ? message.groupInstanceId : null;
    const freshId = isNewcomer ? this.#nextId(client.name, instanceId) : asMemberId('');
    const parked = { client, correlationId };
    this.#applyCoordinator(onRequest(this.#coordinator, message, parked, freshId), step);
    const { group } = this.#coordinator;
    if (!isNewcomer || !(group?.pendingJoinMembers.has(freshId) || group?.members.has(freshId))) {
      return;
    }
    const known = this.#memberIds.get(client.name) ?? [];
    this.#memberIds.set(client.name, [...known, freshId]);
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

  /** `<client.id>-<uuid>`, or `<group.instance.id>-<uuid>` for a static member. */
  #nextId(name: MemberName, groupInstanceId: GroupInstanceId | null): MemberId {
    const index = this.#memberIds.get(name)?.length ?? 0;
    const given = this.#givenIds.get(name)?.[index];
    return given ?? asMemberId(`${groupInstanceId ?? name}-${this.#idSource.nextUuid()}`);
  }

  #fireGroupTimer(entry: Extract<Entry, { type: 'groupTimer' }>): void {
    const step = this.#fire('coordinator', entry.key, entry.startedStep);
    if (step !== null) this.#applyCoordinator(onTimer(this.#coordinator, entry.timer), step);
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
        const member = timer.memberId === null ? null : this.#nameOf(timer.memberId);
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
          this.#answerAdmin(message, cause);
          return;
        }
        const { sentSteps } = this.#process(client.name);
        const to = memberActor(client.name);
        // A parked request of an earlier process of this member has no step that it answers.
        const isCurrent = this.#process(client.name).incarnation === client.incarnation;
        const answers = isCurrent ? (sentSteps.get(correlationId) ?? null) : null;
        const sent = { kind: 'messageSent', to, message, answers } as const;
        const asked = answers === null ? undefined : this.#events[answers];
        const reason =
          asked?.kind === 'messageSent' ? this.#refusalReason(asked.message, message) : null;
        const sentStep = this.#record('coordinator', reason ?? cause, sent);
        this.#agenda.schedule(
          { type: 'response', sentStep, client, correlationId, message, life: this.#brokerLife },
          this.#network.delayMs('coordinator', to, this.#agenda.nowMs),
        );
        return;
      }
      default:
        unreachable(effect, 'doForCoordinator');
    }
  }

  #answerAdmin(message: GroupResponse, cause: number): void {
    const sent = { kind: 'messageSent', to: 'script', message, answers: this.#adminStep } as const;
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

  #nameOf(memberId: MemberId): MemberName | null {
    for (const [name, ids] of this.#memberIds) if (ids.includes(memberId)) return name;
    const member = this.#coordinator.group?.members.get(memberId);
    return member?.name ?? this.#coordinator.group?.pendingJoinMembers.get(memberId) ?? null;
  }

  // ---- members ------------------------------------------------------------------------------

  #process(name: MemberName): Process {
    return existing(this.#processes.get(name), `member ${name}`);
  }

  #change(name: MemberName, parts: Partial<Process>): void {
    this.#processes.set(name, { ...this.#process(name), ...parts });
  }

  /** Brings something to a member's process: dropped when that is gone, held back when frozen. */
  #reachMember(entry: Extract<Entry, { type: 'response' | 'memberTimer' | 'input' }>): void {
    const { name, incarnation } = entry.client;
    const process = this.#process(name);
    const isGone =
      process.incarnation !== incarnation || ENDED.has(process.member.membership.value);
    if (isGone) {
      if (entry.type !== 'response') return;
      const { sentStep } = entry;
      const dropped = { kind: 'messageDropped', sentStep, reason: 'receiverGone' } as const;
      this.#record(process.actor, sentStep, dropped);
    } else if (process.isFrozen) this.#change(name, { heldBack: [...process.heldBack, entry] });
    else if (entry.type === 'input') this.#stepMember(name, entry.input, entry.cause);
    else if (entry.type === 'memberTimer') {
      const step = this.#fire(process.actor, entry.key, entry.startedStep);
      if (step !== null) this.#stepMember(name, { type: 'timer', timer: entry.timer }, step);
    } else {
      const { sentStep, correlationId, message } = entry;
      if (this.#isLost(entry)) return;
      const step = this.#record(process.actor, sentStep, { kind: 'messageDelivered', sentStep });
      this.#stepMember(name, { type: 'response', correlationId, message }, step);
    }
  }

  #stepMember(name: MemberName, input: MemberInput, cause: number): void {
    const before = this.#process(name);
    const { member, effects } = stepMember(before.member, input, this.#agenda.nowMs, cause);
    this.#change(name, { member });
    for (const { effect, cause: effectCause } of effects) {
      this.#doForMember(name, effect, effectCause);
    }
    if (ENDED.has(member.membership.value)) this.#forgetTimers(before.actor);
  }

  #doForMember(name: MemberName, effect: MemberEffect, cause: number): void {
    const { actor, incarnation, sentSteps } = this.#process(name);
    const client = { name, incarnation };
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
        this.#change(name, { sentSteps: new Map(sentSteps).set(correlationId, sentStep) });
        if (this.#downUntilMs !== null) {
          this.#isLost({ sentStep, life: this.#brokerLife });
          this.#disconnect(client, correlationId, sentStep, RECONNECT_MS);
          return;
        }
        this.#agenda.schedule(
          { type: 'request', sentStep, client, correlationId, message, life: this.#brokerLife },
          this.#network.delayMs(actor, 'coordinator', this.#agenda.nowMs),
        );
        return;
      }
      case 'fetch': {
        const { fetchId, positions } = effect;
        this.#change(name, { fetch: { fetchId, positions } });
        this.#serveFetch(name, cause);
        return;
      }
      case 'listOffsets': {
        const positions = effect.partitions.map((partition) => ({
          ...partition,
          offset: effect.at === 'latest' ? this.#endOffset(partition) : 0,
        }));
        this.#answerLater(client, { type: 'offsetsListed', positions }, cause);
        return;
      }
      case 'refreshMetadata': {
        const topics = [...this.#endOffsets].map(([topic, ends]) => ({
          name: topic,
          partitions: ends.length,
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
    const { fetch, incarnation } = this.#process(name);
    if (fetch === null || this.#downUntilMs !== null) return;
    const batches = fetch.positions.flatMap(({ topic, partition, offset }): OffsetSpan[] => {
      const endOffset = this.#endOffset({ topic, partition });
      if (endOffset <= offset) return [];
      return [{ partition: { topic, partition }, firstOffset: offset, lastOffset: endOffset - 1 }];
    });
    if (batches.length === 0) return;
    this.#change(name, { fetch: null });
    const input = { type: 'fetched', fetchId: fetch.fetchId, batches } as const;
    this.#answerLater({ name, incarnation }, input, cause);
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
    this.#timers.set(`${actor} ${key}`, step);
    return step;
  }

  #stopTimer(actor: ActorId, key: string, cause: number): void {
    const startedStep = this.#timers.get(`${actor} ${key}`);
    if (startedStep === undefined) return;
    this.#timers.delete(`${actor} ${key}`);
    this.#record(actor, cause, { kind: 'timerStopped', key, startedStep });
  }

  /** The step at which a timer fires; null when it was stopped or started anew meanwhile. */
  #fire(actor: ActorId, key: string, startedStep: number): number | null {
    if (this.#timers.get(`${actor} ${key}`) !== startedStep) return null;
    this.#timers.delete(`${actor} ${key}`);
    return this.#record(actor, startedStep, { kind: 'timerFired', key, startedStep });
  }

  /** The timers of a process end with it. */
  #forgetTimers(actor: ActorId): void {
    for (const key of [...this.#timers.keys()]) {
      if (key.startsWith(`${actor} `)) this.#timers.delete(key);
    }
  }
}

type TimedCommandBody = Extract<Fact, { kind: 'command' }>['command'];

/** States in which no process runs. */
const ENDED: ReadonlySet<string> = new Set(['down', 'left', 'crashed', 'failed']);

/** The actor and the key that `#timers` knows a timer by. */
function splitTimerKey(text: string): readonly [string, string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

const groupTimerKey = ({ kind, memberId }: GroupTimer): string =>
  memberId === null ? kind : `${kind}/${memberId}`;

/** How many of `count` records partition number `index` of `partitionCount` gets. */
const shareOf = (count: number, partitionCount: number, index: number): number =>
  Math.floor(count / partitionCount) + (index < count % partitionCount ? 1 : 0);

function readGroupSettings(scenario: Scenario): ClassicGroupSettings {
  const read = (key: string): number => {
    const setting = existing(
      BROKER_SETTINGS.find((candidate) => candidate.key === key),
      key,
    );
    return Number(scenario.broker[key] ?? setting.default);
  };
  return {
    initialRebalanceDelayMs: read('group.initial.rebalance.delay.ms'),
    minSessionTimeoutMs: read('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: read('group.max.session.timeout.ms'),
    maxSize: read('group.max.size'),
  };
}
