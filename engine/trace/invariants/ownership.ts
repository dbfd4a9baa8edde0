import { memberOf, type MemberId, type MemberName } from '../../protocol/ids.ts';
import { printPartition, type TopicPartition } from '../../protocol/partitions.ts';
import type { EventOf, TraceEvent } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/** A member as it sees itself. */
interface Holder {
  memberId: MemberId | null;
  generationId: number | null;
  held: ReadonlySet<string>;
}

/**
 * Of the members that are in the same generation, or epoch, only one holds a partition.
 *
 * Members that the group has removed do not count, though they still think that they hold theirs:
 * they have not heard of it yet.
 */
export const oneOwnerInAGeneration: Check = ({ events }) => {
  const holders = new Map<MemberName, Holder>();
  const removed = new Set<MemberId>();
  /** Who holds each partition, removed members included. */
  const owners = new Map<string, Set<MemberName>>();
  const isIn = (holder: Holder | undefined, generationId: number): boolean =>
    holder !== undefined &&
    holder.memberId !== null &&
    holder.generationId === generationId &&
    !removed.has(holder.memberId);
  return events.flatMap((event): Breach[] => {
    noteRemoval(event, removed);
    const name = memberOf(event.actor);
    if (name === null) return [];
    const holder = holders.get(name) ?? { memberId: null, generationId: null, held: new Set() };
    holders.set(name, holder);
    if (event.kind === 'memberIdentity') {
      holder.memberId = event.memberId;
      holder.generationId = event.generationId;
    }
    if (event.kind === 'memberExit') hold(name, holder, [], owners);
    if (event.kind !== 'assignmentChanged') return [];
    hold(name, holder, event.assignment, owners);
    const { generationId } = holder;
    if (generationId === null || !isIn(holder, generationId)) return [];
    return event.gained.flatMap((partition): Breach[] => {
      const printed = printPartition(partition);
      const other = [...(owners.get(printed) ?? [])].find(
        (owner) => owner !== name && isIn(holders.get(owner), generationId),
      );
      if (other === undefined) return [];
      return [{ step: event.step, found: `${printed} is ${other}’s and ${name}’s` }];
    });
  });
};

function noteRemoval(event: TraceEvent, removed: Set<MemberId>): void {
  if (event.kind !== 'groupMember') return;
  if (event.change === 'removed') removed.add(event.memberId);
  if (event.change === 'added') removed.delete(event.memberId);
}

function hold(
  name: MemberName,
  holder: Holder,
  assignment: readonly TopicPartition[],
  owners: Map<string, Set<MemberName>>,
): void {
  const held = new Set(assignment.map(printPartition));
  for (const partition of holder.held)
    if (!held.has(partition)) owners.get(partition)?.delete(name);
  for (const partition of held) {
    owners.set(partition, (owners.get(partition) ?? new Set()).add(name));
  }
  holder.held = held;
}

/**
 * To the coordinator of a consumer group a partition belongs to one member: it is given to the next
 * only when the last has said that it has given it up, or was removed.
 *
 * Listed cases: a static member that leaves for a while keeps what it is assigned, and nothing else;
 * a group that is a classic one for a while goes by what its leader deals meanwhile.
 */
export const oneOwnerByReconciliation: Check = ({ events }) => {
  const owners = new Map<string, MemberId>();
  const reconciled = new Map<MemberId, EventOf<'memberReconciled'>>();
  const free = (memberId: MemberId, partitions: readonly TopicPartition[] = []): void => {
    for (const each of partitions.map(printPartition)) {
      if (owners.get(each) === memberId) owners.delete(each);
    }
  };
  return events.flatMap((event): Breach[] => {
    if (beginsAsClassic(event)) {
      owners.clear();
      reconciled.clear();
    }
    if (event.kind !== 'memberReconciled' && event.kind !== 'groupMember') return [];
    const { memberId } = event;
    const last = reconciled.get(memberId);
    const keepsAssigned = event.kind === 'groupMember' && event.change === 'away';
    if (event.kind === 'groupMember' && event.change !== 'removed' && !keepsAssigned) return [];
    free(memberId, last?.pendingRevocation);
    if (!keepsAssigned) free(memberId, last?.assigned);
    if (event.kind === 'groupMember') return [];
    reconciled.set(memberId, event);
    return [...event.assigned, ...event.pendingRevocation].flatMap((partition): Breach[] => {
      const each = printPartition(partition);
      const other = owners.get(each);
      owners.set(each, memberId);
      return other === undefined ? [] : [{ step: event.step, found: `${each} is ${other}’s` }];
    });
  });
};

/** A classic group collects joins, or is made Stable of a consumer group. */
const beginsAsClassic = (event: TraceEvent): boolean =>
  event.kind === 'groupState' &&
  (event.to === 'PreparingRebalance' || (event.from === 'Empty' && event.to === 'Stable'));
