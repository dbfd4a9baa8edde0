import { memberActor, type ActorId } from '../protocol/ids.ts';
import type { GroupMessage } from '../protocol/messages.ts';
import { isRequest } from '../protocol/messages.ts';
import { memberCommanded, type Command } from '../scenarios/scenario.ts';
import type { EventOf, Trace, TraceEvent } from './events.ts';

/** How long the group took to come to rest after something that the script did to it. */
export interface SettlingTime {
  readonly command: Command;
  /** The first message that the command brought about; the command itself where it silences somebody. */
  readonly fromMs: number;
  /** The last assigned call before the script does the next such thing. */
  readonly toMs: number;
}

/** What changes who is in a group, or what there is to share. */
const DISTURBS: ReadonlySet<Command['do']> = new Set([
  'start',
  'close',
  'crash',
  'freeze',
  'thaw',
  'stall',
  'subscribe',
  'unsubscribe',
  'enforceRebalance',
  'addPartitions',
  'removeMember',
  'restartBroker',
  'moveCoordinator',
]);

/** These bring no message about: others notice by the silence. */
const SILENCES: ReadonlySet<Command['do']> = new Set([
  'crash',
  'freeze',
  'restartBroker',
  'moveCoordinator',
]);

/** Something that the script did to a group, and what happened until it did the next such thing. */
export interface Disturbance {
  readonly command: Command;
  /** As of a settling time. */
  readonly fromMs: number;
  readonly during: readonly TraceEvent[];
}

/** What the script did to the group, in its order. */
export function disturbancesOf(trace: Trace): readonly Disturbance[] {
  const commands = trace.events.filter(
    (event): event is EventOf<'command'> =>
      event.kind === 'command' && DISTURBS.has(event.command.do),
  );
  return commands.map(({ command, step, atMs }, index) => {
    const during = trace.events.slice(step, commands[index + 1]?.step ?? trace.events.length);
    const fromMs = SILENCES.has(command.do) ? atMs : (firstMessageMs(during, command) ?? atMs);
    return { command, fromMs, during };
  });
}

/**
 * The settling times of a run, in the script's order. What nobody was called for is left out: a
 * restart of a static member, say, or a command that the next one follows too soon.
 */
export function settlingTimes(trace: Trace): readonly SettlingTime[] {
  return disturbancesOf(trace).flatMap(({ command, fromMs, during }) => {
    const toMs = during.findLast(
      (each) => each.kind === 'callbackLeft' && each.callback === 'assigned',
    )?.atMs;
    return toMs === undefined || fromMs > toMs ? [] : [{ command, fromMs, toMs }];
  });
}

/** When the first message was sent that a command brought about; heartbeats go on by themselves. */
function firstMessageMs(events: Trace['events'], command: Command): number | undefined {
  const name = memberCommanded(command);
  const actor: ActorId | null = name === null ? null : memberActor(name);
  return events.find(
    (event) =>
      event.kind === 'messageSent' &&
      isRequest(event.message) &&
      (actor === null || event.actor === actor || event.actor === 'script') &&
      isBroughtAbout(event.message, command),
  )?.atMs;
}

function isBroughtAbout(message: GroupMessage, command: Command): boolean {
  switch (message.type) {
    case 'HeartbeatRequest':
      return false;
    case 'ConsumerGroupHeartbeatRequest':
      return message.memberEpoch <= 0 || message.subscribedTopicNames !== null;
    case 'OffsetCommitRequest':
    case 'OffsetFetchRequest':
      // The last commit belongs to close(); others are made by a clock.
      return command.do === 'close';
    default:
      return true;
  }
}
