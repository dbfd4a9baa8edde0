import type { MemberId } from '../../protocol/ids.ts';
import type { Breach, Check } from './invariant.ts';

/**
 * Generations and group epochs only grow.
 *
 * Listed cases:
 * - A broker that restarts goes on from what its log holds: the generation of the last rebalance
 *   that was completed, none at all when the first was not.
 * - A classic group that takes the place of an Empty one of the consumer protocol, or the other way
 *   round, is another group and counts anew.
 */
export const generationsOnlyGrow: Check = ({ events }) => {
  let highest = 0;
  let isEmpty = true;
  let inLog = { epoch: 0, isEmpty: true };
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'brokerChanged' && event.state === 'up') {
      highest = inLog.epoch;
      isEmpty = inLog.isEmpty;
    }
    if (event.kind !== 'groupState' && event.kind !== 'groupEpoch') return [];
    const epoch = event.kind === 'groupState' ? event.generationId : event.groupEpoch;
    const isOther = isEmpty && epoch < highest;
    const found = `${epoch} after ${highest}`;
    const hasShrunk = epoch < highest && !isOther;
    highest = epoch;
    if (event.kind === 'groupState') isEmpty = event.to === 'Empty';
    if (event.kind === 'groupEpoch' || !NOT_IN_LOG.has(event.to)) inLog = { epoch, isEmpty };
    return hasShrunk ? [{ step: event.step, found }] : [];
  });
};

/** States of a classic group in which the log still has what was before. */
const NOT_IN_LOG: ReadonlySet<string> = new Set([
  'PreparingRebalance',
  'CompletingRebalance',
  'Dead',
]);

/**
 * The epoch of a member of a consumer group only grows, until it is removed; one that was away, or
 * begins anew with epoch 0, counts from there.
 */
export const memberEpochsOnlyGrow: Check = ({ events }) => {
  const epochs = new Map<MemberId, number>();
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'groupMember' && event.change === 'removed') epochs.delete(event.memberId);
    if (event.kind !== 'memberReconciled') return [];
    const { memberId, memberEpoch, step } = event;
    const last = epochs.get(memberId) ?? 0;
    epochs.set(memberId, memberEpoch);
    return memberEpoch < last ? [{ step, found: `${memberEpoch} after ${last}` }] : [];
  });
};
