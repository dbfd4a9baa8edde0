import { memberOf, type ActorId } from '../../protocol/ids.ts';
import { printPartition } from '../../protocol/partitions.ts';
import type { Trace } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/** poll() returns records of partitions only that the member holds. */
export const pollsOnlyWhatIsHeld: Check = ({ events }) => {
  const held = new Map<ActorId, ReadonlySet<string>>();
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'assignmentChanged') {
      held.set(event.actor, new Set(event.assignment.map(printPartition)));
    }
    if (event.kind === 'memberExit') held.delete(event.actor);
    if (event.kind !== 'recordsPolled') return [];
    const partition = printPartition(event.partition);
    const isHeld = held.get(event.actor)?.has(partition) === true;
    return isHeld
      ? []
      : [{ step: event.step, found: `${memberOf(event.actor) ?? ''} does not hold ${partition}` }];
  });
};

/** Nobody reads or commits past the end of a partition’s log. A recording does not tell its ends. */
export const nothingIsPastTheEnd: Check = (trace) => {
  if (trace.source === 'recorded') return [];
  const ends = new Map<string, number>();
  const pastEnd = (step: number, partition: string, offset: number): Breach[] =>
    offset <= (ends.get(partition) ?? 0)
      ? []
      : [{ step, found: `${offset}, but ${partition} ends at ${ends.get(partition) ?? 0}` }];
  return trace.events.flatMap((event): readonly Breach[] => {
    if (event.kind === 'recordsProduced') {
      ends.set(printPartition(event.partition), event.lastOffset + 1);
    }
    if (event.kind === 'recordsPolled') {
      return pastEnd(event.step, printPartition(event.partition), event.lastOffset + 1);
    }
    if (event.kind !== 'commitAccepted') return [];
    return event.offsets.flatMap((offset) =>
      pastEnd(event.step, printPartition(offset), offset.offset),
    );
  });
};

/**
 * Committed offsets never go back.
 *
 * Listed case: a member that the group has let read on from an older commit, after another had
 * committed more but had no part in the group any more, commits what it has come to.
 */
export const commitsNeverGoBack: Check = ({ events }: Trace) => {
  const committed = new Map<string, number>();
  return events.flatMap((event): Breach[] => {
    if (event.kind !== 'commitAccepted') return [];
    return event.offsets.flatMap((offset): Breach[] => {
      const partition = printPartition(offset);
      const last = committed.get(partition) ?? 0;
      committed.set(partition, offset.offset);
      if (offset.offset >= last) return [];
      return [{ step: event.step, found: `${partition} at ${offset.offset} after ${last}` }];
    });
  });
};
