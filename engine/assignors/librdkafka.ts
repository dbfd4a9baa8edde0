import { inDealingOrder, type AssignorMember, type Assignor } from './assignor.ts';
import { librdkafkaCooperativeSticky } from './librdkafka-cooperative-sticky.ts';
import { isInRack } from './racks.ts';
import { rangeIn } from './range.ts';
import { roundRobinIn } from './round-robin.ts';

/**
 * Members in the order in which librdkafka's range and round-robin assignors deal: two static ones by
 * their group.instance.id, any others by their member id. Java's put static members first; where
 * all are static, or all dynamic, the two agree.
 *
 * Source: rdkafka_assignor.c, rd_kafka_group_member_cmp, version 2.15.
 */
function inLibrdkafkaOrder(members: readonly AssignorMember[]): readonly AssignorMember[] {
  const isMixed = new Set(members.map(({ groupInstanceId }) => groupInstanceId === null)).size > 1;
  if (!isMixed) return inDealingOrder(members);
  // A static member's id begins with its group.instance.id.
  return [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
}

/**
 * A member without a rack gets nothing of several topics together, and those are dealt by rack also
 * where racks make no difference.
 *
 * Source: rdkafka_range_assignor.c, rd_kafka_range_assignor_assign_cb and
 * rd_kafka_assign_co_partitioned, version 2.15.
 */
const librdkafkaRange = rangeIn(inLibrdkafkaOrder, { isAlways: true, mayTake: isInRack });

/** The assignors that librdkafka brings along, by their name on the wire. */
export const LIBRDKAFKA_ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [librdkafkaRange, roundRobinIn(inLibrdkafkaOrder), librdkafkaCooperativeSticky].map(
    (assignor) => [assignor.name, assignor],
  ),
);
