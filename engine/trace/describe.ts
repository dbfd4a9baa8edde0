import { unreachable } from '../assert.ts';
import type { ActorId } from '../protocol/ids.ts';
import { memberOf } from '../protocol/ids.ts';
import { apiOf, errorCodeIn, isRequest, type GroupMessage } from '../protocol/messages.ts';
import { printPartition, type TopicPartition } from '../protocol/partitions.ts';
import { groupProtocolOf } from '../scenarios/member-settings.ts';
import type { Command } from '../scenarios/scenario.ts';
import type { TimerKind, Trace, TraceEvent } from './events.ts';

/** One sentence that says what happened at a step. */
export function describe(trace: Trace, step: number): string {
  const event = trace.events[step];
  if (event === undefined) throw new Error(`bug: step ${step} is not in the trace`);
  return describeEvent(trace, event);
}

/** A short label: `JoinGroup`, `JoinGroup: MEMBER_ID_REQUIRED`, `Heartbeat: REBALANCE_IN_PROGRESS`. */
export function describeMessage(message: GroupMessage): string {
  const api = apiOf(message);
  if (isRequest(message)) return api;
  const errorCode = errorCodeIn(message);
  return errorCode === 'NONE' ? `${api} answered` : `${api}: ${errorCode}`;
}

/** Who did it, to the thread where that is known: `C2’s heartbeat thread`. */
const printDoer = ({ actor, thread }: TraceEvent): string =>
  `${printActor(actor)}${thread === 'heartbeat' ? '’s heartbeat thread' : ''}`;

const printActor = (actor: ActorId): string =>
  actor === 'coordinator' ? 'the coordinator' : (memberOf(actor) ?? 'the script');

/** `orders-0, orders-1`; a long list is cut after eight. */
export function printPartitions(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return 'no partitions';
  const shown = partitions.slice(0, 8).map(printPartition).join(', ');
  return partitions.length > 8 ? `${shown} and ${partitions.length - 8} more` : shown;
}

const count = (number: number, word: string): string =>
  `${number} ${word}${number === 1 ? '' : 's'}`;

const printOffsets = (event: {
  readonly partition: TopicPartition;
  readonly firstOffset: number;
  readonly lastOffset: number;
}): string =>
  event.firstOffset === event.lastOffset
    ? `record ${event.firstOffset} of ${printPartition(event.partition)}`
    : `records ${event.firstOffset} to ${event.lastOffset} of ${printPartition(event.partition)}`;

function describeEvent(trace: Trace, event: TraceEvent): string {
  const who = printActor(event.actor);
  switch (event.kind) {
    case 'begin':
      return 'The run begins: no member is up, the group is empty.';
    case 'end':
      return 'The run ends here.';
    case 'command':
      return `Script: ${describeCommand(event.command)}.`;
    case 'memberReady':
      return `${who} is up, subscribed and about to poll.`;
    case 'messageSent':
      return memberOf(event.to) !== null && event.actor === 'script'
        ? `The script answers ${printActor(event.to)}’s ${apiOf(event.message)} in the broker’s place: ${errorCodeIn(event.message)}.`
        : describeSent(printDoer(event), event.to, event.message);
    case 'messageDelivered':
      return describeArrival(trace, event.sentStep, who, 'receives');
    case 'messageDropped':
      return describeArrival(trace, event.sentStep, who, 'never gets');
    case 'timerStarted': {
      const of =
        event.member === null || event.actor !== 'coordinator' ? '' : ` for ${event.member}`;
      return EFFORTS.has(event.timer)
        ? `${capitalize(TIMER_WORDS[event.timer])} of ${who} takes ${event.afterMs} ms.`
        : `${capitalize(who)} starts ${TIMER_WORDS[event.timer]}${of}: ${event.afterMs} ms.`;
    }
    case 'timerFired': {
      const timer = timerAt(trace, event.startedStep);
      const verb = EFFORTS.has(timer) ? 'is done' : 'runs out';
      return `${capitalize(TIMER_WORDS[timer])} of ${who} ${verb}${ofMember(trace, event)}.`;
    }
    case 'timerStopped':
      return `${capitalize(who)} stops ${TIMER_WORDS[timerAt(trace, event.startedStep)]}${ofMember(trace, event)}.`;
    case 'memberState':
      return `${who} goes from ${event.from} to ${event.to} (${event.event}${event.thread === undefined ? '' : ', by its heartbeat thread'}).`;
    case 'memberIdentity':
      if (event.memberId === null) return `${who} has no member id any more.`;
      return event.generationId === null
        ? `${who} goes by the member id ${event.memberId}, in no ${generationWord(trace, event.actor)}.`
        : `${who} is in ${generationWord(trace, event.actor)} ${event.generationId}.`;
    case 'groupState':
      return `The group goes from ${event.from} to ${event.to}${event.to === 'CompletingRebalance' ? `, generation ${event.generationId}` : ''}: ${event.reason}.`;
    case 'groupEpoch':
      return `The group is at epoch ${event.groupEpoch}: ${event.reason}.`;
    case 'targetAssignment':
      return `The coordinator computes with ${event.assignor} who should own what from epoch ${event.epoch} on.`;
    case 'memberReconciled':
      return describeReconciled(event);
    case 'groupMember':
      return `Coordinator, about ${event.member ?? event.memberId}: ${event.reason}.`;
    case 'callbackEntered':
      return `${who}’s listener is called: ${event.callback} ${printPartitions(event.partitions)}.`;
    case 'callbackThrew':
      return `${who}’s ${event.callback} callback throws.`;
    case 'callbackLeft':
      return `${who}’s ${event.callback} callback returns.`;
    case 'assignmentChanged':
      return describeAssignment(who, event.gained, event.dropped);
    case 'positionsSet': {
      const shown = event.positions
        .slice(0, 8)
        .map((position) => `${printPartition(position)} at ${position.offset}`);
      return `${who} will read on from ${shown.join(', ')}.`;
    }
    case 'recordsPolled':
      return `${who} polls ${printOffsets(event)}.`;
    case 'recordsProcessed':
      return `${who} has processed ${printOffsets(event)}.`;
    case 'commitAccepted': {
      const shown = event.offsets
        .slice(0, 8)
        .map((offset) => `${printPartition(offset)} at ${offset.offset}`);
      return `The coordinator takes ${event.member ?? 'a'}’s commit: ${shown.join(', ')}.`;
    }
    case 'commitRefused':
      return `The coordinator refuses ${event.member ?? 'a'}’s commit: ${event.errorCode}.`;
    case 'recordsProduced':
      return `${capitalize(count(event.lastOffset - event.firstOffset + 1, 'record'))} written to ${printPartition(event.partition)}.`;
    case 'brokerChanged':
      return BROKER_WORDS[event.state];
    case 'topicChanged':
      return `${event.topic} has ${count(event.partitionCount, 'partition')} now.`;
    case 'checkpointsSaved': {
      const shown = event.offsets
        .slice(0, 8)
        .map((offset) => `${printPartition(offset)} at ${offset.offset}`);
      return `${who} saves outside of Kafka where it has got to: ${shown.join(', ')}.`;
    }
    case 'metadataSeen':
      return `${who} sees the cluster: ${event.topics.map(({ name, partitions }) => `${name} with ${count(partitions, 'partition')}`).join(', ')}.`;
    case 'memberError':
      return `${who}’s application gets ${event.exception}: ${event.message}`;
    case 'memberExit':
      return event.code === null
        ? `${who}’s process is gone, without a word to anyone.`
        : `${who}’s process ends with code ${event.code}.`;
    default:
      return unreachable(event, 'describeEvent');
  }
}

/** What a member of its group protocol counts by. */
const generationWord = (trace: Trace, actor: ActorId): string =>
  trace.scenario.members.some(
    (member) => member.name === memberOf(actor) && groupProtocolOf(member) === 'consumer',
  )
    ? 'epoch'
    : 'generation';

const BROKER_WORDS = {
  down: 'The broker goes down; every connection to it breaks.',
  moved:
    'Another broker becomes the coordinator. The one before sends away who waits for an answer, and whoever comes to it from now on: NOT_COORDINATOR.',
  loading: 'The coordinator reads its groups from the log.',
  up: 'The coordinator has loaded the group, as its log has it, and answers again.',
} as const;

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What the script does, as a clause: `kill C1`. */
export function describeCommand(command: Command): string {
  switch (command.do) {
    case 'stall':
      return `${command.member}’s handler is busy for ${command.forMs} ms`;
    case 'subscribe':
      return `${command.member} subscribes to ${command.topics.join(', ')}`;
    case 'produce':
      return `${count(command.count, 'record')} to ${command.topic}${command.partition === null ? '' : `-${command.partition}`}`;
    case 'addPartitions':
      return `${command.topic} grows to ${count(command.partitions, 'partition')}`;
    case 'restartBroker':
      return `the broker restarts and is away for ${command.downMs} ms`;
    case 'moveCoordinator':
      return `the coordinator moves to another broker, which needs ${command.loadingMs} ms to load`;
    case 'cut':
      return `${command.member}’s connections are cut${command.forMs === 0 ? '' : ` for ${command.forMs} ms`}`;
    case 'delay':
      return `for ${command.forMs} ms ${command.member}’s ${requestsOf(command)} reach the broker ${command.byMs} ms later`;
    case 'drop':
      return `for ${command.forMs} ms ${command.member}’s ${requestsOf(command)} are lost on the way`;
    case 'answer':
      return `${command.member}’s next ${command.count === 1 ? `${command.api} is` : `${command.count} ${command.api} requests are`} answered ${command.errorCode}, and the broker does not get ${command.count === 1 ? 'it' : 'them'}`;
    case 'close': {
      const { groupMembershipOperation: operation = 'DEFAULT' } = command;
      return `close ${command.member}${operation === 'DEFAULT' ? '' : ` with ${operation}`}`;
    }
    default:
      return `${COMMAND_WORDS[command.do]} ${command.member}`;
  }
}

const requestsOf = ({ api }: { readonly api?: string }): string =>
  api === undefined ? 'requests' : `${api} requests`;

const COMMAND_WORDS = {
  start: 'start',
  crash: 'kill',
  freeze: 'freeze',
  thaw: 'thaw',
  pause: 'pause all partitions of',
  resume: 'resume all partitions of',
  commit: 'commitSync() in',
  unsubscribe: 'unsubscribe() in',
  enforceRebalance: 'enforceRebalance() in',
  wakeup: 'wakeup() of',
  removeMember: 'remove from the group, by its group.instance.id,',
} as const;

export const TIMER_WORDS: Readonly<Record<TimerKind, string>> = {
  heartbeat: 'the heartbeat clock',
  session: 'the session clock',
  ownSession: 'the client’s own session clock',
  poll: 'the poll clock (max.poll.interval.ms)',
  autoCommit: 'the auto commit clock',
  retry: 'the retry backoff',
  startUp: 'the start of the process',
  work: 'the work on a batch',
  initialDelay: 'the initial rebalance delay',
  rebalanceTimeout: 'the rebalance timeout',
  syncTimeout: 'the sync timeout',
  newMember: 'the five-minute limit of a first join',
  revocationTimeout: 'the time to give up partitions',
  memberJoinTimeout: 'the time to rejoin',
  memberSyncTimeout: 'the time to sync',
  pendingMember: 'the limit for coming back with the member id',
  metadata: 'the metadata clock (metadata.max.age.ms)',
  close: 'the time that close() may take',
  workers: 'the work on a record',
  checkpoint: 'the clock of its checkpoints',
};

/** What is not a limit but takes its time. */
const EFFORTS: ReadonlySet<TimerKind> = new Set(['startUp', 'work']);

function timerAt(trace: Trace, step: number): TimerKind {
  const started = trace.events[step];
  if (started?.kind !== 'timerStarted') throw new Error(`bug: no timer was started at ${step}`);
  return started.timer;
}

function ofMember(trace: Trace, event: TraceEvent & { readonly startedStep: number }): string {
  const started = trace.events[event.startedStep];
  const isOfOther = started?.kind === 'timerStarted' && event.actor === 'coordinator';
  return isOfOther && started.member !== null ? ` for ${started.member}` : '';
}

function describeArrival(trace: Trace, sentStep: number, who: string, verb: string): string {
  const sent = trace.events[sentStep];
  if (sent?.kind !== 'messageSent') throw new Error(`bug: no message was sent at ${sentStep}`);
  const { message } = sent;
  const whose = isRequest(message)
    ? `${printActor(sent.actor)}’s ${apiOf(message)}`
    : `the answer to its ${apiOf(message)}`;
  const errorCode = errorCodeIn(message);
  return `${capitalize(who)} ${verb} ${whose}${errorCode === 'NONE' ? '' : `: ${errorCode}`}.`;
}

function describeSent(who: string, to: ActorId, message: GroupMessage): string {
  switch (message.type) {
    case 'JoinGroupRequest': {
      const names = message.protocols.map(({ name }) => name).join(', ');
      return message.memberId === null
        ? `${who} asks to join with no member id, offering ${names}.`
        : `${who} asks to join with its member id, offering ${names}.`;
    }
    case 'JoinGroupResponse':
      if (message.errorCode === 'MEMBER_ID_REQUIRED') {
        return `The coordinator answers ${printActor(to)}: MEMBER_ID_REQUIRED, come back with this id.`;
      }
      if (message.errorCode !== 'NONE') break;
      return message.members.length > 0
        ? `The coordinator answers ${printActor(to)}’s JoinGroup: generation ${message.generationId ?? '?'}, you lead and get the list of ${count(message.members.length, 'member')}.`
        : `The coordinator answers ${printActor(to)}’s JoinGroup: generation ${message.generationId ?? '?'}, you follow.`;
    case 'SyncGroupRequest':
      return message.assignments.length > 0
        ? `${who}, the leader, has run the assignor and sends everybody’s assignment in its SyncGroup.`
        : `${who} sends SyncGroup and waits for its assignment.`;
    case 'SyncGroupResponse':
      if (message.errorCode !== 'NONE') break;
      return `The coordinator answers ${printActor(to)}’s SyncGroup: ${printPartitions(message.assignment)}.`;
    case 'HeartbeatResponse':
      if (message.errorCode !== 'REBALANCE_IN_PROGRESS') break;
      return `The coordinator answers ${printActor(to)}’s heartbeat: REBALANCE_IN_PROGRESS. This is how it hears of the rebalance.`;
    case 'ConsumerGroupHeartbeatRequest':
      return `${who} ${describeConsumerHeartbeat(message)}.`;
    case 'ConsumerGroupHeartbeatResponse': {
      if (message.errorCode !== 'NONE') break;
      const { assignment, memberEpoch } = message;
      const share = assignment === null ? 'nothing new' : `own ${printPartitions(assignment)}`;
      return memberEpoch < 0
        ? `The coordinator lets ${printActor(to)} go.`
        : `The coordinator answers ${printActor(to)}’s heartbeat: epoch ${memberEpoch}, ${share}.`;
    }
    default:
      break;
  }
  if (isRequest(message)) return `${who} sends ${apiOf(message)}.`;
  const errorCode = errorCodeIn(message);
  const result = errorCode === 'NONE' ? 'done' : errorCode;
  return `The coordinator answers ${printActor(to)}’s ${apiOf(message)}: ${result}.`;
}

/** What a heartbeat of the consumer protocol says, as a predicate: `joins with epoch 0`. */
export function describeConsumerHeartbeat({
  memberEpoch,
  topicPartitions,
}: Extract<GroupMessage, { type: 'ConsumerGroupHeartbeatRequest' }>): string {
  if (memberEpoch === 0) return 'joins with epoch 0';
  if (memberEpoch === -1) return 'leaves with epoch -1';
  if (memberEpoch === -2) return 'leaves for a while with epoch -2';
  return topicPartitions === null
    ? `sends a heartbeat at epoch ${memberEpoch}`
    : `acknowledges at epoch ${memberEpoch} that it owns ${printPartitions(topicPartitions)}`;
}

function describeReconciled({
  member,
  memberEpoch,
  assigned,
  pendingRevocation,
}: Extract<TraceEvent, { kind: 'memberReconciled' }>): string {
  return pendingRevocation.length > 0
    ? `The coordinator keeps ${member} at epoch ${memberEpoch} until it has given up ${printPartitions(pendingRevocation)}.`
    : `The coordinator has ${member} at epoch ${memberEpoch}, with ${printPartitions(assigned)}.`;
}

function describeAssignment(
  who: string,
  gained: readonly TopicPartition[],
  dropped: readonly TopicPartition[],
): string {
  if (dropped.length === 0) return `${who} now owns ${printPartitions(gained)} more.`;
  if (gained.length === 0) return `${who} no longer owns ${printPartitions(dropped)}.`;
  return `${who} gives up ${printPartitions(dropped)} and takes ${printPartitions(gained)}.`;
}
