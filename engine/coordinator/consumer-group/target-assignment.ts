import { existing } from '../../assert.ts';
import { BROKER_ASSIGNORS } from '../../assignors/index.ts';
import { inRecordOrder } from '../../assignors/target-order.ts';
import { hashOrder, hashSetOrder } from '../../java/hash-order.ts';
import { PersistentMap } from '../../persistent-map.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  sortPartitions,
  withoutPartitions,
  type TopicPartition,
} from '../../protocol/partitions.ts';
import type { ConsumerGroupTurn } from './consumer-group.ts';

/**
 * Computes who should own what, if the group's epoch has moved on and the last time is long enough
 * ago. Nobody is told: each member hears of it in the answer to its own next heartbeat.
 *
 * Source: GroupMetadataManager#maybeUpdateTargetAssignment, TargetAssignmentBuilder#build.
 */
export function updateTarget(turn: ConsumerGroupTurn): void {
  const { groupEpoch, targetEpoch, targetAtMs, members, target } = turn.state;
  const { assignmentIntervalMs } = turn.settings.consumer;
  if (targetEpoch >= groupEpoch) return;
  if (targetAtMs !== null && turn.nowMs < targetAtMs + assignmentIntervalMs) return;
  const name = preferredAssignor(turn);
  const assignor = existing(BROKER_ASSIGNORS.get(name), `assignor ${name}`);
  const previousOf = (memberId: MemberId): readonly TopicPartition[] =>
    inRecordOrder(target.get(memberId) ?? [], turn.topics);
  const assignment = assignor.assign(
    turn.membersInOrder().map(({ memberId, groupInstanceId, topics }) => ({
      memberId,
      groupInstanceId,
      topics: hashSetOrder(topics),
      target: previousOf(memberId),
    })),
    turn.topics,
  );
  const targets = members.values().map((member) => ({
    member,
    partitions: asRecorded(previousOf(member.memberId), assignment.get(member.memberId) ?? []),
  }));
  turn.set({
    target: targets.reduce(
      (all, { member, partitions }) => all.set(member.memberId, partitions),
      PersistentMap.empty<MemberId, readonly TopicPartition[]>(),
    ),
    targetEpoch: groupEpoch,
    targetAtMs: turn.nowMs,
    assignor: name,
  });
  const note = {
    kind: 'targetAssignment',
    epoch: groupEpoch,
    assignor: name,
    assignment: targets.map(({ member, partitions }) => ({
      memberId: member.memberId,
      member: member.name,
      partitions: sortPartitions(partitions),
    })),
  } as const;
  turn.ask({ type: 'note', note });
}

/**
 * A target as its record has it, which decides between topics whose ids share a bucket: a new topic
 * comes before those that were there. A target that stays as it was is not written anew.
 *
 * Source: UniformHomogeneousAssignmentBuilder, GroupCoordinatorRecordHelpers
 * #newConsumerGroupTargetAssignmentRecord.
 */
function asRecorded(
  previous: readonly TopicPartition[],
  dealt: readonly TopicPartition[],
): readonly TopicPartition[] {
  const isSame =
    dealt.length === previous.length && withoutPartitions(dealt, previous).length === 0;
  if (isSame) return previous;
  const oldTopics = new Set(previous.map(({ topic }) => topic));
  const newTopics = new Set(
    dealt.map(({ topic }) => topic).filter((topic) => !oldTopics.has(topic)),
  );
  return [...[...newTopics].reverse(), ...oldTopics].flatMap((topic) =>
    dealt.filter((partition) => partition.topic === topic),
  );
}

/**
 * What most members ask for, of equals the first that a HashMap lists; the broker's first where
 * nobody asks.
 *
 * Source: ConsumerGroup#computePreferredServerAssignor.
 */
function preferredAssignor({ state, settings }: ConsumerGroupTurn): string {
  const counts = new Map<string, number>();
  for (const { serverAssignor } of state.members.values()) {
    if (serverAssignor === null) continue;
    counts.set(serverAssignor, (counts.get(serverAssignor) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  const wanted = hashOrder([...counts.keys()]).find((name) => counts.get(name) === most);
  return wanted ?? existing(settings.consumer.assignors[0], 'group.consumer.assignors');
}
