import { memberOf, type ActorId } from '../../protocol/ids.ts';
import type { Breach, Check } from './invariant.ts';

/**
 * A process that has ended does nothing more until it is started anew; what it is sent is dropped.
 * What a recording’s trace deduces of a member may stand behind its end.
 */
export const nothingAfterExit: Check = ({ events }) => {
  const ended = new Set<ActorId>();
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'command' && event.command.do === 'start') {
      ended.delete(`member/${event.command.member}`);
    }
    // The command may have waited for the end of an earlier process.
    if (event.kind === 'memberState' && event.event === 'START') ended.delete(event.actor);
    const isAct =
      memberOf(event.actor) !== null && !event.inferred && event.kind !== 'messageDropped';
    const isTooLate = isAct && ended.has(event.actor);
    if (event.kind === 'memberExit') ended.add(event.actor);
    return isTooLate ? [{ step: event.step, found: event.kind }] : [];
  });
};
