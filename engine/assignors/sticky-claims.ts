import { existing } from '../assert.ts';
import { hashOrder } from '../java/hash-order.ts';
import { at, type Ints } from '../java/ints.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { TopicPartition } from '../protocol/partitions.ts';
import type { AssignorContext, AssignorMember, PartitionCounts } from './assignor.ts';
import { NOBODY, eachNumber, newOwners } from './numbering.ts';
import { readDifferentRacks, type Racks } from './racks.ts';
import { idsOf, ranksOf, readMembers, type Subscriptions } from './subscriptions.ts';

/** What a member says that it had, and since which generation; -1 when it was in none. */
export interface Claim {
  readonly partitions: readonly TopicPartition[];
  readonly generation: number;
}

/** Who had what before, in numbers; members stand in Kafka's hash order of their ids. */
export interface StickyClaims {
  readonly members: readonly AssignorMember[];
  readonly memberIds: readonly MemberId[];
  /** Position of each member when sorted by id. */
  readonly ranks: Ints;
  readonly subscriptions: Subscriptions;
  readonly claims: readonly Claim[];
  /** The highest generation that the leader's assignor has ever met, this time included. */
  readonly highestGeneration: number;
  /** Who had each partition, as far as claims agree. */
  readonly owners: Ints;
  /** 1 for what two members claim of the same generation: nobody has it. */
  readonly isDisputed: Uint8Array;
  /** Null when racks make no difference. */
  readonly racks: Racks | null;
}

/**
 * Collects what members claim. Of two claims the later generation wins; two of the same generation
 * cancel each other.
 *
 * Source: AbstractStickyAssignor#allSubscriptionsEqual, Kafka 4.3.1.
 */
export function readClaims(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  { highestGeneration = -1, replicaRacks }: AssignorContext,
  claimOf: (member: AssignorMember) => Claim,
): StickyClaims {
  const byId = new Map(members.map((member) => [member.memberId, member]));
  const ordered = hashOrder([...byId.keys()]).map((id) => existing(byId.get(id), id));
  const subscriptions = readMembers(ordered, counts);
  const { numbering } = subscriptions;
  const claims = ordered.map(claimOf);
  const owners = newOwners(numbering);
  const lastClaimants = newOwners(numbering);
  const isDisputed = new Uint8Array(numbering.partitionCount);
  // The other side of a dispute counts by the generation of its subscription, under both assignors.
  const generations = Int32Array.from(
    ordered,
    ({ subscription }) => subscription.generationId ?? -1,
  );
  claims.forEach(({ partitions, generation }, member) => {
    eachNumber(numbering, partitions, (number) => {
      const rival = at(lastClaimants, number);
      if (rival !== NOBODY) {
        const rivalGeneration = at(generations, rival);
        if (generation < rivalGeneration) return;
        if (generation === rivalGeneration) isDisputed[number] = 1;
      }
      lastClaimants[number] = member;
      owners[number] = rival !== NOBODY && generation === at(generations, rival) ? NOBODY : member;
    });
  });
  return {
    members: ordered,
    memberIds: idsOf(ordered),
    ranks: ranksOf(idsOf(ordered)),
    subscriptions,
    claims,
    highestGeneration: claims.reduce(
      (highest, { generation }) => Math.max(highest, generation),
      highestGeneration,
    ),
    owners,
    isDisputed,
    racks: readDifferentRacks(ordered, numbering, replicaRacks),
  };
}
