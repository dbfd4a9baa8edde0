import { printPartition, type TopicPartition } from '../../protocol/partitions.ts';
import type { TraceEvent } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/** What a leader, or the coordinator of a consumer group, deals out has no partition twice. */
export const assignmentsGiveNothingTwice: Check = ({ events }) =>
  events.flatMap((event): Breach[] => {
    const seen = new Set<string>();
    return dealtBy(event).flatMap((partition): Breach[] => {
      const printed = printPartition(partition);
      const isTwice = seen.has(printed);
      seen.add(printed);
      return isTwice ? [{ step: event.step, found: `${printed} is given twice` }] : [];
    });
  });

function dealtBy(event: TraceEvent): readonly TopicPartition[] {
  if (event.kind === 'targetAssignment') {
    return event.assignment.flatMap(({ partitions }) => partitions);
  }
  if (event.kind !== 'messageSent' || event.message.type !== 'SyncGroupRequest') return [];
  return event.message.assignments.flatMap(({ assignment }) => assignment);
}
