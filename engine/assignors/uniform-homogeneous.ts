import { copyTableLength, orderByHash } from '../java/hash-order.ts';
import { at, type Ints } from '../java/ints.ts';
import type { BrokerGroup } from './broker-groups.ts';
import { listOfMember } from './subscriptions.ts';

/**
 * What each member gets when everybody subscribes to the same topics; the very list of its previous
 * target where that stays as it was: all keep what they had up to their quota,
 * and what is free goes in runs to those who have room. Who fills the larger quota already keeps
 * it, as long as enough others come after.
 *
 * Source: UniformHomogeneousAssignmentBuilder, Kafka 4.3.1.
 */
export function assignHomogeneous(group: BrokerGroup): readonly (readonly number[])[] {
  const { numbering } = group.subscriptions;
  const { partitionCount, firsts } = numbering;
  const memberCount = group.targets.length;
  const held = heldPartitions(group);
  const free: number[] = [];
  for (const topic of topicsInHashOrder(group)) {
    const first = at(firsts, topic);
    for (let number = first; number < first + at(numbering.counts, topic); number += 1) {
      if (at(held, number) === 0) free.push(number);
    }
  }
  const least = Math.floor(partitionCount / memberCount);
  let extras = partitionCount % memberCount;
  const rooms = new Int32Array(memberCount);
  const lists = group.targets.map((target, member) => {
    let hasExtra = extras > 0;
    let quota = least + (hasExtra ? 1 : 0);
    const kept = target.length <= quota ? target : target.slice(0, quota);
    for (let index = kept.length; index < target.length; index += 1) free.push(at(target, index));
    quota -= kept.length;
    // The larger quota is of more use to somebody who fills it, if there are enough to come.
    if (quota > 0 && hasExtra && memberCount - member > extras) {
      quota -= 1;
      hasExtra = false;
    }
    rooms[member] = quota;
    if (hasExtra) extras -= 1;
    return kept;
  });
  let next = 0;
  return lists.map((kept, member) => {
    const room = at(rooms, member);
    if (room === 0) return kept;
    next += room;
    return [...kept, ...free.slice(next - room, next)];
  });
}

/** A HashSet of what the first member subscribes to. */
function topicsInHashOrder({ subscriptions, topicHashes }: BrokerGroup): Ints {
  const { topics } = listOfMember(subscriptions, 0);
  const tableLength = copyTableLength(topics.length);
  const hashes = topics.map((topic) => at(topicHashes, topic));
  return orderByHash(hashes, { tableLength }).map((place) => at(topics, place));
}

/** Whether a partition is in anybody's previous target: 1 at its number. */
function heldPartitions({ subscriptions, targets }: BrokerGroup): Uint8Array {
  const held = new Uint8Array(subscriptions.numbering.partitionCount);
  for (const target of targets) for (const number of target) held[number] = 1;
  return held;
}
