import { memberActor, memberOf, type ActorId } from '../protocol/ids.ts';
import { isRequest } from '../protocol/messages.ts';
import {
  TIMER_WORDS,
  describeConsumerHeartbeat,
  describeMessage,
  printPartitions,
} from './describe.ts';
import type { EventOf, Trace, TraceEvent } from './events.ts';
import { RINGING_CLOCKS, hasNews } from './news.ts';

export interface MermaidOptions {
  /** Messages after which the diagram stops with a visible notice; 100 when not given. */
  readonly mostMessages?: number;
}

const MOST_MESSAGES = 100;

/**
 * A Mermaid sequence diagram of the steps `fromStep` to `toStep`, both included: the messages of
 * the group, listener calls and the group's states.
 *
 * Heartbeats that are answered NONE are left out, and so is what only offsets are about. Text that
 * people wrote is escaped, so that no name can change the diagram.
 */
export function toMermaid(
  trace: Trace,
  fromStep: number,
  toStep: number,
  options: MermaidOptions = {},
): string {
  const mostMessages = options.mostMessages ?? MOST_MESSAGES;
  const participants = participantsOf(trace);
  const lines = [...participants.values()].map(
    ({ alias, label }) => `  participant ${alias} as ${escapeLabel(label)}`,
  );
  let messageCount = 0;
  for (let step = Math.max(0, fromStep); step <= toStep; step += 1) {
    const event = trace.events[step];
    if (event === undefined) break;
    if (event.kind === 'messageSent' && isShown(trace, event)) {
      messageCount += 1;
      if (messageCount > mostMessages) {
        lines.push(`  Note over P0: cut after ${mostMessages} messages`);
        break;
      }
    }
    const line = lineOf(trace, participants, event);
    if (line !== null) lines.push(line);
  }
  return ['sequenceDiagram', ...lines, ''].join('\n');
}

interface Participant {
  readonly alias: string;
  readonly label: string;
}

type Participants = ReadonlyMap<ActorId, Participant>;

/** P0 is the coordinator; members follow in the scenario's order. */
function participantsOf({ scenario }: Trace): Participants {
  const members = scenario.members.map(
    ({ name, client }, index) =>
      [memberActor(name), { alias: `P${index + 1}`, label: `${name} (${client})` }] as const,
  );
  return new Map<ActorId, Participant>([
    ['coordinator', { alias: 'P0', label: 'Coordinator' }],
    ...members,
  ]);
}

/**
 * Characters with a meaning in Mermaid as their numbers; line breaks as spaces.
 *
 * `#` comes out as `#35;`, so that an escape cannot be smuggled in.
 */
export function escapeLabel(text: string): string {
  return text
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[#;<>&%$:\\{}"]/gu, (character) => `#${character.charCodeAt(0)};`);
}

function lineOf(trace: Trace, participants: Participants, event: TraceEvent): string | null {
  switch (event.kind) {
    case 'messageSent':
      if (event.actor === 'script' && memberOf(event.to) !== null) {
        return noteOver(participants, event.to, `the script answers ${labelOf(event.message)}`);
      }
      return isShown(trace, event) ? arrow(participants, event) : null;
    case 'messageDropped':
      return noteOver(participants, event.actor, droppedNote(trace, event));
    case 'callbackEntered':
      return noteOver(
        participants,
        event.actor,
        `${event.callback}: ${printPartitions(event.partitions)}`,
      );
    case 'groupState':
      return noteOver(
        participants,
        'coordinator',
        event.to === 'CompletingRebalance'
          ? `${event.to}, generation ${event.generationId}`
          : event.to,
      );
    case 'timerFired':
      return firedLine(trace, participants, event);
    case 'command': {
      const { command } = event;
      if (!('member' in command)) return null;
      return noteOver(participants, memberActor(command.member), command.do);
    }
    default:
      return null;
  }
}

function droppedNote(trace: Trace, { sentStep }: EventOf<'messageDropped'>): string {
  const sent = trace.events[sentStep];
  return sent?.kind === 'messageSent' && isRequest(sent.message)
    ? `never gets ${labelOf(sent.message)}`
    : 'an answer finds nobody';
}

function firedLine(
  trace: Trace,
  participants: Participants,
  event: EventOf<'timerFired'>,
): string | null {
  const started = trace.events[event.startedStep];
  if (started?.kind !== 'timerStarted' || !RINGING_CLOCKS.has(started.timer)) return null;
  const words = TIMER_WORDS[started.timer].replace(/^the /, '');
  const whose = started.member === null ? '' : ` of ${started.member}`;
  return noteOver(participants, event.actor, `${words}${whose} runs out`);
}

function noteOver(participants: Participants, actor: ActorId, text: string): string | null {
  const participant = participants.get(actor);
  return participant === undefined
    ? null
    : `  Note over ${participant.alias}: ${escapeLabel(text)}`;
}

const isShown = (trace: Trace, { actor, to, message }: EventOf<'messageSent'>): boolean =>
  participantOfTrace(trace, actor) && participantOfTrace(trace, to) && hasNews(message);

const participantOfTrace = (trace: Trace, actor: ActorId): boolean =>
  actor === 'coordinator' || trace.scenario.members.some(({ name }) => name === memberOf(actor));

function arrow(participants: Participants, { actor, to, message }: EventOf<'messageSent'>): string {
  const from = participants.get(actor)?.alias ?? 'P0';
  const target = participants.get(to)?.alias ?? 'P0';
  const line = isRequest(message) ? '->>' : '-->>';
  return `  ${from}${line}${target}: ${escapeLabel(labelOf(message))}`;
}

function labelOf(message: EventOf<'messageSent'>['message']): string {
  const label = describeMessage(message);
  switch (message.type) {
    case 'JoinGroupRequest':
      return message.memberId === null ? `${label}, no member id` : label;
    case 'JoinGroupResponse':
      if (message.errorCode !== 'NONE') return label;
      return message.members.length > 0
        ? `generation ${message.generationId ?? '?'}, you lead ${message.members.length}`
        : `generation ${message.generationId ?? '?'}`;
    case 'SyncGroupRequest':
      return message.assignments.length > 0 ? `${label} with all assignments` : label;
    case 'ConsumerGroupHeartbeatRequest':
      return `${label}: ${describeConsumerHeartbeat(message)}`;
    case 'ConsumerGroupHeartbeatResponse':
      if (message.errorCode !== 'NONE' || message.assignment === null) return label;
      return `epoch ${message.memberEpoch}: ${printPartitions(message.assignment)}`;
    case 'SyncGroupResponse':
      return message.errorCode === 'NONE' ? printPartitions(message.assignment) : label;
    default:
      return label;
  }
}
