import { existing } from '../../assert.ts';
import { BROKER_ASSIGNORS } from '../../assignors/index.ts';
import { hashOrder } from '../../java/hash-order.ts';
import { PersistentMap } from '../../persistent-map.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { TopicPartition } from '../../protocol/partitions.ts';
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
  const assignment = assignor.assign(
    members.values().map(({ memberId, groupInstanceId, topics }) => ({
      memberId,
      groupInstanceId,
      topics: topics.filter((topic) => turn.topics.has(topic)),
      target: target.get(memberId) ?? [],
    })),
    turn.topics,
  );
  const targets = members.values().map((member) => ({
    member,
    partitions: assignment.get(member.memberId) ?? [],
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
      partitions,
    })),
  } as const;
  turn.ask({ type: 'note', note });
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
