import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import { newOwners } from './numbering.ts';
import { listOfMember, type Subscriptions } from './subscriptions.ts';

/**
 * Deals each topic by itself: consecutive partitions to its subscribers in order, one more to each
 * of the first ones when it does not come out even.
 *
 * @param subscriptions of the members in dealing order.
 * @returns the index of each partition's owner among them.
 */
export function dealRanges(subscriptions: Subscriptions, dealing: readonly MemberId[]): Ints {
  const { numbering } = subscriptions;
  const owners = newOwners(numbering);
  const { topicCount, counts } = numbering;
  const subscribers = new Int32Array(topicCount);
  dealing.forEach((_, member) => {
    const { has } = listOfMember(subscriptions, member);
    for (let topic = 0; topic < topicCount; topic += 1) {
      subscribers[topic] = at(subscribers, topic) + at(has, topic);
    }
  });
  const next = Int32Array.from(numbering.firsts);
  const quotas = counts.map((count, topic) => Math.floor(count / at(subscribers, topic)));
  const extras = counts.map((count, topic) => count % at(subscribers, topic));
  dealing.forEach((_, member) => {
    const { has } = listOfMember(subscriptions, member);
    for (let topic = 0; topic < topicCount; topic += 1) {
      if (at(has, topic) === 0) continue;
      const extra = at(extras, topic);
      const begin = at(next, topic);
      const end = begin + at(quotas, topic) + (extra > 0 ? 1 : 0);
      if (extra > 0) extras[topic] = extra - 1;
      if (end > begin) owners.fill(member, begin, end);
      next[topic] = end;
    }
  });
  return owners;
}
