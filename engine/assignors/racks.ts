import { at, type Ints } from '../java/ints.ts';
import type { AssignorMember, ReplicaRacks } from './assignor.ts';
import type { Numbering } from './numbering.ts';

/** No rack, where a member's is asked for. */
const NO_RACK = -1;

/** Who is where, in numbers: racks by their index, and each different set of racks once. */
export interface Racks {
  readonly rackCount: number;
  /** Rack of each member, or `NO_RACK`. */
  readonly rackOf: Ints;
  /** The set of racks that have a replica of each partition. */
  readonly setOf: Ints;
  /** Whether a set has a rack: 1 at `set * rackCount + rack`. */
  readonly has: Uint8Array;
}

/**
 * Where members and replicas are; null when no member or no replica is in a rack.
 *
 * @param members in the order that their indexes mean.
 */
export function readRacks(
  members: readonly AssignorMember[],
  numbering: Numbering,
  replicaRacks: ReplicaRacks | undefined,
): Racks | null {
  if (replicaRacks === undefined || replicaRacks.size === 0) return null;
  const racks = new Map<string, number>();
  const indexOf = (rack: string): number => indexIn(racks, rack);
  const rackOf = Int32Array.from(members, ({ subscription: { rackId } }) =>
    rackId === null || rackId === '' ? NO_RACK : indexOf(rackId),
  );
  if (racks.size === 0) return null;
  const sets = new Map<string, number>();
  const setOf = new Int32Array(numbering.partitionCount);
  numbering.topics.forEach((topic, index) => {
    const ofTopic = replicaRacks.get(topic) ?? [];
    for (let partition = 0; partition < at(numbering.counts, index); partition += 1) {
      const distinct = new Set(ofTopic[partition]);
      const set = [...distinct].map(indexOf).sort((a, b) => a - b);
      setOf[at(numbering.firsts, index) + partition] = indexIn(sets, set.join());
    }
  });
  const has = new Uint8Array(sets.size * racks.size);
  for (const [text, set] of sets) {
    if (text !== '') for (const rack of text.split(',')) has[set * racks.size + Number(rack)] = 1;
  }
  return { rackCount: racks.size, rackOf, setOf, has };
}

/**
 * As `readRacks`, and null also when racks make no difference to any of the partitions.
 *
 * Source: AbstractStickyAssignor.RackInfo, Kafka 4.3.1.
 */
export function readDifferentRacks(
  members: readonly AssignorMember[],
  numbering: Numbering,
  replicaRacks: ReplicaRacks | undefined,
): Racks | null {
  const racks = readRacks(members, numbering, replicaRacks);
  if (racks === null) return null;
  return makeDifference(racks, members.keys(), 0, numbering.partitionCount) ? racks : null;
}

function indexIn(indexes: Map<string, number>, key: string): number {
  const known = indexes.get(key);
  if (known !== undefined) return known;
  indexes.set(key, indexes.size);
  return indexes.size - 1;
}

export const hasRack = ({ rackOf }: Racks, member: number): boolean =>
  at(rackOf, member) !== NO_RACK;

/** Whether a partition has a replica in the member's rack. */
export function isInRack(
  { rackCount, rackOf, setOf, has }: Racks,
  member: number,
  number: number,
): boolean {
  const rack = at(rackOf, member);
  return rack !== NO_RACK && at(has, at(setOf, number) * rackCount + rack) === 1;
}

/** Whether a member could read a partition in its rack, or is in none and does not mind. */
export const isNear = (racks: Racks, member: number, number: number): boolean =>
  !hasRack(racks, member) || isInRack(racks, member, number);

/**
 * Whether racks make a difference: some member is where some replica is, and not every partition is
 * in all of their racks.
 *
 * Source: AbstractPartitionAssignor#useRackAwareAssignment, Kafka 4.3.1.
 *
 * @param from the first partition that is looked at, and `to` the one after the last.
 */
export function makeDifference(
  { rackCount, rackOf, setOf, has }: Racks,
  members: Iterable<number>,
  from: number,
  to: number,
): boolean {
  const sets = new Set(setOf.subarray(from, to));
  const hasReplica = (rack: number): boolean =>
    [...sets].some((set) => at(has, set * rackCount + rack) === 1);
  // One set is the union of all; of several different ones some must lack something.
  if (sets.size < 2) return false;
  for (const member of members) {
    const rack = at(rackOf, member);
    if (rack !== NO_RACK && hasReplica(rack)) return true;
  }
  return false;
}

/** How many members are in the racks of each partition. */
export function membersNear({ rackCount, rackOf, setOf, has }: Racks): Ints {
  const inRack = new Int32Array(rackCount);
  for (const rack of rackOf) if (rack !== NO_RACK) inRack[rack] = at(inRack, rack) + 1;
  const ofSet = new Int32Array(has.length / rackCount);
  has.forEach((isThere, index) => {
    const set = Math.floor(index / rackCount);
    if (isThere === 1) ofSet[set] = at(ofSet, set) + at(inRack, index % rackCount);
  });
  return setOf.map((set) => at(ofSet, set));
}
