import { existing } from '../../engine/assert.ts';
import type { ClassicGroup, GroupMember } from '../../engine/coordinator/classic-group.ts';
import type { Parked } from '../../engine/coordinator/effects.ts';
import type { ClassicGroupSettings } from '../../engine/coordinator/settings.ts';
import { GroupTurn, newGroup } from '../../engine/coordinator/classic-group.ts';
import {
  asGenerationId,
  asGroupId,
  asMemberId,
  asMemberName,
  type MemberId,
} from '../../engine/protocol/ids.ts';
import type {
  HeartbeatRequest,
  JoinGroupProtocol,
  JoinGroupRequest,
  SyncGroupRequest,
} from '../../engine/protocol/messages.ts';
import { parseScenario } from '../../engine/scenarios/parse-scenario.ts';
import type { Scenario } from '../../engine/scenarios/scenario.ts';

/** Seed of every property test and simulation that does not say another. */
export const SEED = 20_261_123;

export const A_GROUP_ID = asGroupId('orders-app');

export const aProtocol = (
  name = 'range',
  topics: readonly string[] = ['orders'],
): JoinGroupProtocol => ({
  name,
  metadata: { topics, ownedPartitions: [], generationId: null, rackId: null, userData: null },
});

export const aParked = (name: string, correlationId = 0): Parked => ({
  client: { name: asMemberName(name), incarnation: 1 },
  correlationId,
});

export const aMember = (memberId: string, parts: Partial<GroupMember> = {}): GroupMember => ({
  memberId: asMemberId(memberId),
  groupInstanceId: null,
  name: asMemberName(memberId),
  rebalanceTimeoutMs: 300_000,
  sessionTimeoutMs: 45_000,
  protocols: [aProtocol()],
  assignment: [],
  awaitingJoin: null,
  awaitingSync: null,
  isPendingSync: false,
  isNew: false,
  ...parts,
});

/** A group with these members; in generation 1 unless it is told otherwise. */
export function aGroup(
  parts: Partial<Omit<ClassicGroup, 'members'>> & {
    readonly members?: readonly GroupMember[];
  } = {},
): ClassicGroup {
  const { members = [], ...rest } = parts;
  const turn = new GroupTurn(newGroup(A_GROUP_ID), SETTINGS);
  for (const member of members) {
    turn.putMember(member);
    turn.mapStatic(member.groupInstanceId, member.memberId);
  }
  return {
    ...turn.state,
    generationId: asGenerationId(1),
    protocolName: members.length > 0 ? 'range' : null,
    leaderId: members[0]?.memberId ?? null,
    ...rest,
  };
}

export const SETTINGS: ClassicGroupSettings = {
  initialRebalanceDelayMs: 3_000,
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 2_147_483_647,
};

export const aTurn = (
  group: ClassicGroup,
  settings: Partial<ClassicGroupSettings> = {},
): GroupTurn => new GroupTurn(group, { ...SETTINGS, ...settings });

export const aHeartbeat = (memberId: string, generationId = 1): HeartbeatRequest => ({
  type: 'HeartbeatRequest',
  groupId: A_GROUP_ID,
  memberId: asMemberId(memberId),
  generationId: asGenerationId(generationId),
  groupInstanceId: null,
});

export const aJoin = (
  memberId: string | null,
  parts: Partial<JoinGroupRequest> = {},
): JoinGroupRequest => ({
  type: 'JoinGroupRequest',
  groupId: A_GROUP_ID,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 300_000,
  memberId: memberId === null ? null : asMemberId(memberId),
  groupInstanceId: null,
  protocols: [aProtocol()],
  reason: null,
  ...parts,
});

export const aSync = (
  memberId: string,
  assignments: Readonly<Record<string, readonly number[]>> = {},
  generationId = 1,
): SyncGroupRequest => ({
  type: 'SyncGroupRequest',
  groupId: A_GROUP_ID,
  generationId: asGenerationId(generationId),
  memberId: asMemberId(memberId),
  groupInstanceId: null,
  protocolName: 'range',
  assignments: Object.entries(assignments).map(([id, partitions]) => ({
    memberId: asMemberId(id),
    assignment: partitions.map((partition) => ({ topic: 'orders', partition })),
  })),
});

/** What a turn answered: whom, and with which error code. */
export const answersOf = (turn: GroupTurn): readonly string[] =>
  turn.effects.flatMap((effect) =>
    effect.type === 'send'
      ? [`${effect.to.name} ${effect.message.type} ${effect.message.errorCode}`]
      : [],
  );

/** Timers that a turn started: kind, whose, and for how long. */
export const timersOf = (turn: GroupTurn): readonly string[] =>
  turn.effects.flatMap((effect) =>
    effect.type === 'startTimer'
      ? [
          `${[effect.timer.kind, effect.timer.memberId].filter(Boolean).join(' ')} ${effect.afterMs}`,
        ]
      : [],
  );

export const memberIn = (turn: GroupTurn, memberId: string): GroupMember =>
  existing(turn.state.members.get(memberIdOf(memberId)), memberId);

export const memberIdOf = (text: string): MemberId => asMemberId(text);

interface ScenarioParts {
  readonly members?: readonly string[];
  readonly client?: string;
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  readonly work?: Readonly<Record<string, unknown>>;
  readonly broker?: Readonly<Record<string, string | number>>;
  readonly script?: readonly Readonly<Record<string, unknown>>[];
  readonly untilMs?: number;
}

/** A scenario of one topic whose members are all alike; they start a second apart unless told. */
export function aScenario(parts: ScenarioParts = {}): Scenario {
  const members = parts.members ?? ['C1', 'C2'];
  return parseScenario({
    format: 'rebalance-scenario/1',
    name: 'test',
    title: 'A test',
    group: A_GROUP_ID,
    broker: parts.broker ?? {},
    topics: [{ name: 'orders', partitions: parts.partitions ?? 4 }],
    members: members.map((name) => ({
      name,
      client: parts.client ?? 'java',
      topics: ['orders'],
      config: parts.config ?? { 'session.timeout.ms': 6000, 'heartbeat.interval.ms': 1500 },
      work: parts.work ?? {},
    })),
    script:
      parts.script ??
      members.map((member, index) => ({ atMs: index * 1_000, do: 'start', member })),
    untilMs: parts.untilMs ?? 20_000,
  });
}
