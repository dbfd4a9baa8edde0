import type {
  Assignment,
  Assignor,
  AssignorContext,
  AssignorMember,
  PartitionCounts,
} from './assignor.ts';
import { readOwners } from './numbering.ts';
import { readClaims, type Claim, type StickyClaims } from './sticky-claims.ts';
import { assignConstrained, type StickyOwners } from './sticky-constrained.ts';
import { assignGeneral } from './sticky-general.ts';

/** Source: StickyAssignor#memberData: what a member was last given, even if it has lost it since. */
const claimOf = ({ subscription: { userData } }: AssignorMember): Claim => ({
  partitions: userData?.partitions ?? [],
  generation: userData?.generationId ?? -1,
});

function assign(
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  context: AssignorContext = {},
): Assignment {
  const claims = readClaims(members, counts, context, claimOf);
  const { owners } = assignSticky(claims);
  return readOwners(claims.subscriptions.numbering, claims.memberIds, owners, members);
}

/** Source: AbstractStickyAssignor#assignPartitions. */
export const assignSticky = (claims: StickyClaims): StickyOwners =>
  areEqual(claims.members) ? assignConstrained(claims) : assignGeneral(claims);

/**
 * Whether all have sent the same topics, those without partitions included; who has sent none is
 * passed over as long as nobody has sent any.
 */
function areEqual(members: readonly AssignorMember[]): boolean {
  const lists = members.map(({ subscription }) => subscription.topics);
  const [first, ...others] = lists.slice(lists.findIndex((topics) => topics.length > 0));
  const names = new Set(first);
  return others.every(
    (topics) => topics.length === names.size && topics.every((topic) => names.has(topic)),
  );
}

/** Deals evenly and moves as little as it can; everybody gives up everything meanwhile. */
export const sticky: Assignor = { name: 'sticky', rebalanceProtocols: ['eager'], assign };
