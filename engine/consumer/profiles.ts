import { existing } from '../assert.ts';
import type { RebalanceProtocol } from '../assignors/assignor.ts';
import { ASSIGNORS } from '../assignors/index.ts';
import type { ClientKind, GroupProtocol } from '../protocol/config.ts';
import {
  asGroupInstanceId,
  type GroupId,
  type GroupInstanceId,
  type MemberName,
} from '../protocol/ids.ts';
import { groupProtocolOf, settingOf } from '../scenarios/member-settings.ts';
import type { ScenarioMember } from '../scenarios/scenario.ts';

/** What tells the clients apart, as data; the machine and the stepper are the same for all. */
export interface ClientProfile {
  /** A thread of its own, or the fetch loop, which stands still while a handler runs. */
  readonly heartbeatsFrom: 'thread' | 'loop';
  /** It has a rebalance listener that hears of revoked and lost partitions. */
  readonly hasListener: boolean;
  /** It looks for the coordinator anew before each JoinGroup. */
  readonly findsCoordinatorToJoin: boolean;
  /** Its SyncGroup names the protocol (version 5 of the API and later). */
  readonly namesProtocolInSync: boolean;
  /** It commits every position it holds, or only what its handlers have finished. */
  readonly commits: 'positions' | 'processed';
  /** Records reach the application as one batch, or one by one. */
  readonly delivers: 'batch' | 'record';
  /** From the start of the process to its first request, about, on a quiet machine. */
  readonly startUpMs: number;
}

/** Source: recordings of the three clients; kafkajs 2.2.4 consumer/runner.js, consumerGroup.js. */
export const PROFILES: Readonly<Record<'java' | 'kafkajs', ClientProfile>> = {
  java: {
    heartbeatsFrom: 'thread',
    hasListener: true,
    findsCoordinatorToJoin: false,
    namesProtocolInSync: true,
    commits: 'positions',
    delivers: 'batch',
    startUpMs: 1_000,
  },
  kafkajs: {
    heartbeatsFrom: 'loop',
    hasListener: false,
    findsCoordinatorToJoin: true,
    namesProtocolInSync: false,
    commits: 'processed',
    delivers: 'record',
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
  readonly offsetReset: 'earliest' | 'latest';
  readonly metadataMaxAgeMs: number;
  readonly retryBackoffMs: number;
  /** Null for a dynamic member. */
  readonly groupInstanceId: GroupInstanceId | null;
  /** The most advanced one that all of its assignors support. */
  readonly rebalanceProtocol: RebalanceProtocol;
  /** Assignors it offers, in order of preference, by their names on the wire. */
  readonly assignors: readonly string[];
  readonly perRecordMs: number;
  readonly commitInRevoked: boolean;
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
  return settingOf(member, 'partition.assignment.strategy').split(',').map(assignorName);
}

/** The `group.instance.id` that makes a member static; null for a dynamic one. */
export function instanceIdOf(member: ScenarioMember): GroupInstanceId | null {
  const text = String(member.config['group.instance.id'] ?? '');
  return text === '' ? null : asGroupInstanceId(text);
}

/**
 * Cooperative only when every assignor that is offered supports it.
 * Source: ConsumerCoordinator's constructor.
 */
export function rebalanceProtocolOf(assignors: readonly string[]): RebalanceProtocol {
  const isCooperative = assignors.every((name) =>
    ASSIGNORS.get(name)?.rebalanceProtocols.includes('cooperative'),
  );
  return isCooperative ? 'cooperative' : 'eager';
}

/** Fills in the client's defaults. `client` is one that `PROFILES` has. */
export function readMemberConfig(
  member: ScenarioMember & { readonly client: Exclude<ClientKind, 'librdkafka'> },
  groupId: GroupId,
): MemberConfig {
  const number = (key: string): number => Number(settingOf(member, key));
  const isJava = member.client === 'java';
  return {
    name: member.name,
    groupId,
    profile: PROFILES[member.client],
    sessionTimeoutMs: number('session.timeout.ms'),
    heartbeatIntervalMs: number('heartbeat.interval.ms'),
    rebalanceTimeoutMs: number(isJava ? 'max.poll.interval.ms' : 'rebalance.timeout.ms'),
    maxPollIntervalMs: isJava ? number('max.poll.interval.ms') : null,
    maxPollRecords: isJava ? number('max.poll.records') : Number.MAX_SAFE_INTEGER,
    isAutoCommit: isJava ? settingOf(member, 'enable.auto.commit') === 'true' : true,
    autoCommitIntervalMs: isJava ? number('auto.commit.interval.ms') : null,
    offsetReset: settingOf(member, 'auto.offset.reset') === 'latest' ? 'latest' : 'earliest',
    metadataMaxAgeMs: number('metadata.max.age.ms'),
    retryBackoffMs: isJava ? number('retry.backoff.ms') : 300,
    groupInstanceId: instanceIdOf(member),
    rebalanceProtocol: rebalanceProtocolOf(assignorsOf(member)),
    assignors: assignorsOf(member),
    perRecordMs: member.work.perRecordMs,
    commitInRevoked: member.work.commitInRevoked,
    topics: member.topics,
    groupProtocol: groupProtocolOf(member),
    remoteAssignor: isJava ? settingOf(member, 'group.remote.assignor') || null : null,
  };
}
