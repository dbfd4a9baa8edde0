import { existing } from '../assert.ts';
import type { Assignor, RebalanceProtocol } from '../assignors/assignor.ts';
import { ASSIGNORS, LIBRDKAFKA_ASSIGNORS } from '../assignors/index.ts';
import { hasSetting, type ClientKind, type GroupProtocol } from '../protocol/config.ts';
import {
  coversSession,
  hasOneRebalanceProtocol,
  isInRange,
  knowsAssignors,
  type ConstructorCheck,
} from './constructor-checks.ts';
import {
  asGroupInstanceId,
  type GroupId,
  type GroupInstanceId,
  type MemberName,
} from '../protocol/ids.ts';
import { groupProtocolOf, settingOf } from '../scenarios/member-settings.ts';
import type { CommitPolicy, ListenerThrows, ScenarioMember } from '../scenarios/scenario.ts';

/** kafkajs's `retry.initialRetryTime`. */
const KAFKAJS_RETRY_MS = 300;

/** What tells the clients apart, as data; the machine and the stepper are the same for all. */
export interface ClientProfile {
  /** The assignors it brings along, by their name on the wire; a leader runs its own client's. */
  readonly assignors: ReadonlyMap<string, Assignor>;
  /** A thread of its own, or the fetch loop, which stands still while a handler runs. */
  readonly heartbeatsFrom: 'thread' | 'loop';
  /** The first heartbeat: an interval after JoinGroup, or with the assignment, if one is due. */
  readonly heartbeatClock: 'fromJoin' | 'sinceLastHeartbeat';
  /** Its partitions are lost when it has heard nothing for its session timeout. */
  readonly declaresOwnSessionOver: boolean;
  /** It joins inside poll(), or beside it: then poll() is only needed for listener calls. */
  readonly joinsFrom: 'poll' | 'thread';
  /** The least time between two of its JoinGroups; a listener call in between ends the wait. */
  readonly joinPauseMs: number;
  /** Whose rejoin follows from new partitions: the leader's, who has assigned without them. */
  readonly watchesTopics: 'leader' | 'everyMember';
  /** The topics that a leader deals out: all that anybody subscribes to, or its own. */
  readonly assignsTopicsOf: 'members' | 'leader';
  /** What a member does that is given partitions of a topic it does not subscribe to. */
  readonly onForeignTopic: 'rejoin' | 'take' | 'drop';
  /** It has a rebalance listener that hears of revoked and lost partitions. */
  readonly hasListener: boolean;
  /** An eager member's listener hears of a loss also when the assignment was empty. */
  readonly tellsOfEmptyLoss: boolean;
  /** When it is settled which call a listener gets: in poll(), or when the news came. */
  readonly choosesCallback: 'inPoll' | 'whenTold';
  /** Where its listener hears of unsubscribe(): in the call, or in the next poll(), and then for good. */
  readonly unsubscribesIn: 'call' | 'poll';
  /**
   * What a leader assigns by: the metadata it has, metadata asked for its assignor alone, or its own,
   * refreshed before.
   */
  readonly assignsBy: 'ownMetadata' | 'askedMetadata' | 'refreshedMetadata';
  /** NOT_COORDINATOR in answer to a heartbeat or a commit makes it rejoin. */
  readonly rejoinsElsewhere: boolean;
  /** How often it looks for the coordinator again before it begins anew; null for ever. */
  readonly searchRetries: number | null;
  /** It looks for the coordinator anew before each JoinGroup. */
  readonly findsCoordinatorToJoin: boolean;
  /** Its SyncGroup names the protocol (version 5 of the API and later). */
  readonly namesProtocolInSync: boolean;
  /** It tells the coordinator why (JoinGroup from version 8 on, LeaveGroup from 5). */
  readonly givesReasons: boolean;
  /** What its subscription claims of the past: its own generation, or what its assignor noted. */
  readonly claimsGenerationOf: 'member' | 'stickyAssignor' | 'nobody';
  /** It commits every position it holds, or what poll() has handed over, or what was processed. */
  readonly commits: 'positions' | 'delivered' | 'processed';
  /** The last commit of a generation. */
  readonly lastCommit: 'beforeRevoked' | 'afterRevoked';
  /**
   * Its auto commit is made by a poll(), from which its clock starts anew, or by a thread beside it,
   * by a clock that never stops.
   */
  readonly autoCommitsFrom: 'poll' | 'thread';
  /** A commit that is answered REBALANCE_IN_PROGRESS makes it rejoin, as a heartbeat does. */
  readonly rejoinsOnCommit: boolean;
  /** With its member id it forgets its generation. */
  readonly forgetsGeneration: boolean;
  /** A commit that finds it fenced is thrown, and changes nothing of its membership. */
  readonly staysWhenCommitIsFenced: boolean;
  /** When it thaws, its heartbeat thread finds that nobody has polled before poll() is called again. */
  readonly missesPollsFrozen: boolean;
  /** A poll clock that runs out takes effect only when the coordinator is known. */
  readonly leavesOnlyKnownCoordinator: boolean;
  /** poll() returns records of what it still holds while it looks for the coordinator to rejoin. */
  readonly readsWithoutCoordinator: boolean;
  /**
   * It asks for metadata also when a connection breaks, when it subscribes to something else, and as
   * the leader of a group that subscribes to more than it does; as a leader it waits for the answer.
   */
  readonly refreshesMetadata: boolean;
  /** An eager member gives up everything for a new subscription, also when it is the old one. */
  readonly rejoinsForSameTopics: boolean;
  /** It begins anew with its metadata when it can reach no broker. */
  readonly rebootstraps: boolean;
  /** The longest it waits before it tries again to connect to a broker that is not there. */
  readonly mostReconnectMs: number;
  /** After which it takes a request for lost, where no setting of the scenario says it. */
  readonly lostRequestMs: number;
  /** One join at a time: a new one waits until the last, given up or not, is answered. */
  readonly awaitsLastJoin: boolean;
  /** close() looks for a coordinator that is not known, to commit to it. */
  readonly findsCoordinatorToClose: boolean;
  /** Records reach the application as one batch, or one by one. */
  readonly delivers: 'batch' | 'record';
  /** What has been fetched of other partitions is begun, one record each, before a rejoin. */
  readonly beginsEachBatch: boolean;
  /** A partition that is paused stays so when it is taken away and comes back. */
  readonly keepsPauses: boolean;
  /** close() in the middle of a rejoin waits for its end. */
  readonly closesAfterRejoin: boolean;
  /** What passes before a join that the group has refused or overtaken is tried again. */
  readonly refusedJoinPauseMs: number;
  /** Where an application that stands still does so: between two polls, or in its handler. */
  readonly stallsIn: 'pollLoop' | 'handler';
  /**
   * Thrown as Kafka's exceptions, after which the application ends; or reported by their codes, also
   * when its poll clock has run out and when there is nothing to commit. After those it goes on; after
   * a fatal one its client does nothing more, and no listener is called.
   */
  readonly errors: 'thrown' | 'reported';
  /** Its constructor refuses a configuration for these. */
  readonly constructorChecks: readonly ConstructorCheck[];
  /** From the start of the process to its first request, about, on a quiet machine. */
  readonly startUpMs: number;
}

/**
 * Source of kafkajs: version 2.2.4, consumer/runner.js, consumerGroup.js, and recordings; of Java:
 * the classes that the code names, and recordings.
 *
 * Source of librdkafka: recordings of version 2.16.0; of version 2.15 rdkafka_cgrp.c:
 * join_state_serve (when it joins and sends heartbeats), session_timeout_check, revoke_all_rejoin
 * (listener calls), max_poll_interval_check_tmr_cb, offset_commit_tmr_cb, metadata_update_check (every
 * member rejoins for new partitions); rdkafka_assignment.c: serve_removals (the last commit);
 * rdkafka_sticky_assignor.c: get_metadata (what a subscription claims).
 */
export const PROFILES: Readonly<Record<ClientKind, ClientProfile>> = {
  java: {
    assignors: ASSIGNORS,
    heartbeatsFrom: 'thread',
    heartbeatClock: 'fromJoin',
    declaresOwnSessionOver: false,
    joinsFrom: 'poll',
    joinPauseMs: 0,
    watchesTopics: 'leader',
    assignsTopicsOf: 'members',
    onForeignTopic: 'rejoin',
    hasListener: true,
    tellsOfEmptyLoss: false,
    choosesCallback: 'inPoll',
    unsubscribesIn: 'call',
    assignsBy: 'ownMetadata',
    rejoinsElsewhere: false,
    searchRetries: null,
    findsCoordinatorToJoin: false,
    namesProtocolInSync: true,
    givesReasons: true,
    claimsGenerationOf: 'member',
    commits: 'positions',
    lastCommit: 'beforeRevoked',
    autoCommitsFrom: 'poll',
    rejoinsOnCommit: true,
    forgetsGeneration: true,
    staysWhenCommitIsFenced: true,
    missesPollsFrozen: true,
    leavesOnlyKnownCoordinator: true,
    readsWithoutCoordinator: true,
    rejoinsForSameTopics: false,
    rebootstraps: true,
    mostReconnectMs: 1_000,
    lostRequestMs: 30_000,
    refreshesMetadata: true,
    awaitsLastJoin: true,
    findsCoordinatorToClose: true,
    delivers: 'batch',
    beginsEachBatch: false,
    keepsPauses: false,
    closesAfterRejoin: false,
    refusedJoinPauseMs: 0,
    stallsIn: 'pollLoop',
    errors: 'thrown',
    constructorChecks: [isInRange],
    startUpMs: 1_000,
  },
  librdkafka: {
    assignors: LIBRDKAFKA_ASSIGNORS,
    heartbeatsFrom: 'thread',
    heartbeatClock: 'sinceLastHeartbeat',
    declaresOwnSessionOver: true,
    joinsFrom: 'thread',
    joinPauseMs: 1_000,
    watchesTopics: 'everyMember',
    assignsTopicsOf: 'members',
    onForeignTopic: 'take',
    hasListener: true,
    tellsOfEmptyLoss: true,
    choosesCallback: 'whenTold',
    unsubscribesIn: 'poll',
    assignsBy: 'askedMetadata',
    rejoinsElsewhere: false,
    searchRetries: null,
    findsCoordinatorToJoin: false,
    namesProtocolInSync: false,
    givesReasons: false,
    claimsGenerationOf: 'stickyAssignor',
    commits: 'delivered',
    lastCommit: 'afterRevoked',
    autoCommitsFrom: 'thread',
    rejoinsOnCommit: false,
    forgetsGeneration: false,
    staysWhenCommitIsFenced: false,
    missesPollsFrozen: false,
    leavesOnlyKnownCoordinator: false,
    readsWithoutCoordinator: false,
    rejoinsForSameTopics: true,
    rebootstraps: false,
    mostReconnectMs: 50,
    lostRequestMs: 60_000,
    refreshesMetadata: false,
    awaitsLastJoin: false,
    findsCoordinatorToClose: false,
    delivers: 'record',
    beginsEachBatch: false,
    keepsPauses: true,
    closesAfterRejoin: false,
    refusedJoinPauseMs: 0,
    stallsIn: 'pollLoop',
    errors: 'reported',
    constructorChecks: [coversSession, knowsAssignors, hasOneRebalanceProtocol],
    startUpMs: 3,
  },
  kafkajs: {
    assignors: ASSIGNORS,
    heartbeatsFrom: 'loop',
    heartbeatClock: 'fromJoin',
    declaresOwnSessionOver: false,
    joinsFrom: 'poll',
    joinPauseMs: 0,
    watchesTopics: 'everyMember',
    assignsTopicsOf: 'leader',
    onForeignTopic: 'drop',
    hasListener: false,
    tellsOfEmptyLoss: false,
    choosesCallback: 'inPoll',
    unsubscribesIn: 'call',
    assignsBy: 'refreshedMetadata',
    rejoinsElsewhere: true,
    searchRetries: 5,
    findsCoordinatorToJoin: true,
    namesProtocolInSync: false,
    givesReasons: false,
    claimsGenerationOf: 'nobody',
    commits: 'processed',
    lastCommit: 'beforeRevoked',
    autoCommitsFrom: 'poll',
    rejoinsOnCommit: true,
    forgetsGeneration: true,
    staysWhenCommitIsFenced: false,
    missesPollsFrozen: false,
    leavesOnlyKnownCoordinator: false,
    readsWithoutCoordinator: false,
    rejoinsForSameTopics: false,
    rebootstraps: false,
    mostReconnectMs: 50,
    lostRequestMs: 30_000,
    refreshesMetadata: false,
    awaitsLastJoin: false,
    findsCoordinatorToClose: false,
    delivers: 'record',
    beginsEachBatch: true,
    keepsPauses: true,
    closesAfterRejoin: true,
    refusedJoinPauseMs: KAFKAJS_RETRY_MS,
    stallsIn: 'handler',
    errors: 'thrown',
    constructorChecks: [],
    startUpMs: 100,
  },
};

/** A member's settings with every default filled in. */
export interface MemberConfig {
  readonly name: MemberName;
  readonly groupId: GroupId;
  readonly profile: ClientProfile;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Null for a client that has no such clock. */
  readonly maxPollIntervalMs: number | null;
  readonly maxPollRecords: number;
  readonly isAutoCommit: boolean;
  /** Null for a client that commits after each batch instead. */
  readonly autoCommitIntervalMs: number | null;
  /** Where a partition without a committed offset is read from; `none` throws. */
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  readonly metadataMaxAgeMs: number;
  readonly retryBackoffMs: number;
  /** How long it waits for an answer, other than to JoinGroup; null where that is not simulated. */
  readonly requestTimeoutMs: number | null;
  /** Null for a dynamic member. */
  readonly groupInstanceId: GroupInstanceId | null;
  /** Its `client.rack`; null for one that is in no rack. */
  readonly rackId: string | null;
  /** The most advanced one that all of its assignors support. */
  readonly rebalanceProtocol: RebalanceProtocol;
  /** Assignors it offers, in order of preference, by their names on the wire. */
  readonly assignors: readonly string[];
  readonly perRecordMs: number;
  readonly commitInRevoked: boolean;
  readonly listenerThrows: ListenerThrows | null;
  readonly lostCallsRevoked: boolean;
  /** How the application commits by itself; null when it does not. */
  readonly commitPolicy: CommitPolicy | null;
  /** 0 when the application processes what it polls before it polls again. */
  readonly workerCount: number;
  /** Null when it keeps no positions outside of Kafka. */
  readonly checkpointEveryMs: number | null;
  /** What the application subscribes to when it starts. */
  readonly topics: readonly string[];
  readonly groupProtocol: GroupProtocol;
  /** The broker's assignor that it asks for under the consumer protocol; null for any. */
  readonly remoteAssignor: string | null;
}

/** Short names are used on the wire; a class name stands for one of them. */
function assignorName(text: string): string {
  const ofClass: Readonly<Record<string, string>> = {
    RangeAssignor: 'range',
    RoundRobinAssignor: 'roundrobin',
    StickyAssignor: 'sticky',
    CooperativeStickyAssignor: 'cooperative-sticky',
  };
  const last = existing(text.trim().split('.').at(-1), 'last part of the name');
  return ofClass[last] ?? last;
}

/** The names of the assignors that a member offers. */
export function assignorsOf(member: ScenarioMember): readonly string[] {
  if (member.client === 'kafkajs') return ['RoundRobinAssigner'];
  const named = settingOf(member, 'partition.assignment.strategy').split(',').map(assignorName);
  // Source: ConfigDef#parseValue takes what stands twice in a list for a slip.
  return member.client === 'java' ? [...new Set(named)] : named;
}

/** The `group.instance.id` that makes a member static; null for a dynamic one. */
export function instanceIdOf(member: ScenarioMember): GroupInstanceId | null {
  const text = String(member.config['group.instance.id'] ?? '');
  return text === '' ? null : asGroupInstanceId(text);
}

/**
 * Cooperative only when every assignor that is offered supports it.
 * Source: ConsumerCoordinator's constructor; librdkafka's assignors have one protocol each.
 */
export function rebalanceProtocolOf(
  offered: readonly string[],
  assignors: ReadonlyMap<string, Assignor>,
): RebalanceProtocol {
  const isCooperative = offered.every((name) =>
    assignors.get(name)?.rebalanceProtocols.includes('cooperative'),
  );
  return isCooperative ? 'cooperative' : 'eager';
}

/** Fills in the client's defaults. */
export function readMemberConfig(member: ScenarioMember, groupId: GroupId): MemberConfig {
  const { name, client, work } = member;
  const profile = PROFILES[client];
  const number = (key: string): number => Number(settingOf(member, key));
  /** Null for a client that does not have the setting. */
  const numberIfAny = (key: string): number | null =>
    hasSetting(client, key) ? number(key) : null;
  /** Null also where it is empty. */
  const textIfAny = (key: string): string | null =>
    hasSetting(client, key) ? settingOf(member, key) || null : null;
  const assignors = assignorsOf(member);
  return {
    name,
    groupId,
    profile,
    sessionTimeoutMs: number('session.timeout.ms'),
    heartbeatIntervalMs: number('heartbeat.interval.ms'),
    rebalanceTimeoutMs: numberIfAny('rebalance.timeout.ms') ?? number('max.poll.interval.ms'),
    maxPollIntervalMs: numberIfAny('max.poll.interval.ms'),
    maxPollRecords: numberIfAny('max.poll.records') ?? Number.MAX_SAFE_INTEGER,
    isAutoCommit:
      !hasSetting(client, 'enable.auto.commit') ||
      settingOf(member, 'enable.auto.commit') === 'true',
    autoCommitIntervalMs: numberIfAny('auto.commit.interval.ms'),
    offsetReset: readOffsetReset(member),
    metadataMaxAgeMs:
      numberIfAny('topic.metadata.refresh.interval.ms') ?? number('metadata.max.age.ms'),
    retryBackoffMs: numberIfAny('retry.backoff.ms') ?? KAFKAJS_RETRY_MS,
    requestTimeoutMs: numberIfAny('request.timeout.ms'),
    groupInstanceId: instanceIdOf(member),
    rackId: textIfAny('client.rack'),
    rebalanceProtocol: rebalanceProtocolOf(assignors, profile.assignors),
    assignors,
    perRecordMs: work.perRecordMs,
    commitInRevoked: work.commitInRevoked,
    listenerThrows: work.listenerThrows ?? null,
    lostCallsRevoked: work.lostCallsRevoked ?? false,
    commitPolicy: work.commit ?? null,
    workerCount: work.workers ?? 0,
    checkpointEveryMs: work.checkpoints?.everyMs ?? null,
    topics: member.topics,
    groupProtocol: groupProtocolOf(member),
    remoteAssignor: textIfAny('group.remote.assignor'),
  };
}

function readOffsetReset(member: ScenarioMember): MemberConfig['offsetReset'] {
  const text = settingOf(member, 'auto.offset.reset').toLowerCase();
  return text === 'latest' || text === 'none' ? text : 'earliest';
}
