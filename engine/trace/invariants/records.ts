import { memberOf, type ActorId } from '../../protocol/ids.ts';
import { printPartition } from '../../protocol/partitions.ts';
import { settingOf } from '../../scenarios/member-settings.ts';
import type { ScenarioMember } from '../../scenarios/scenario.ts';
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
 * Committed offsets never go back: whoever reads a partition on begins where it was committed, and
 * only the members of the group, each for what it reads, can commit. An application that seeks to
 * positions of its own can bring that about, and one whose workers have not processed yet what auto
 * commit has committed; a scenario with such a member is left out.
 */
export const commitsNeverGoBack: Check = ({ scenario, events }) => {
  if (scenario.members.some(mayGoBack)) return [];
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

const mayGoBack = (member: ScenarioMember): boolean => {
  const { checkpoints, workers } = member.work;
  const isAutoCommit = workers !== undefined && settingOf(member, 'enable.auto.commit') === 'true';
  return checkpoints !== undefined || isAutoCommit;
};
