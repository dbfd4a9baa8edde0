import { at } from '../java/ints.ts';
import type {
  Assignment,
  Assignor,
  AssignorContext,
  AssignorMember,
  PartitionCounts,
} from './assignor.ts';
import { NOBODY, readOwners } from './numbering.ts';
import { readClaims, type Claim } from './sticky-claims.ts';
import { assignSticky } from './sticky.ts';

/** Source: CooperativeStickyAssignor#memberData: what a member says that it owns. */
const claimOf = ({ subscription }: AssignorMember): Claim => ({
  partitions: subscription.ownedPartitions,
  generation: subscription.generationId ?? subscription.userData?.generationId ?? -1,
});

function assign(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  context: AssignorContext = {},
): Assignment {
  const claims = readClaims(members, counts, context, claimOf);
  const { owners, isTransferred } = assignSticky(claims);
  // Its old owner sees it missing, gives it up and rejoins; then somebody else gets it.
  const withheld = owners.map((owner, number) =>
    at(isTransferred, number) === 1 ? NOBODY : owner,
  );
  return readOwners(claims.subscriptions.numbering, claims.memberIds, withheld, members);
}

/**
 * As `sticky`, but members keep what they own, and give up only what moves. KIP-429.
 *
 * Source: CooperativeStickyAssignor#assignPartitions, #adjustAssignment, Kafka 4.3.1.
 */
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  rebalanceProtocols: ['cooperative', 'eager'],
  assign,
};
