import { assert, existing } from '../assert.ts';
import { PersistentList } from '../persistent-list.ts';
import { PersistentMap } from '../persistent-map.ts';
import {
  asGenerationId,
  memberActor,
  memberOf,
  type ActorId,
  type MemberId,
  type MemberName,
} from '../protocol/ids.ts';
import { apiOf, errorCodeIn, isRequest } from '../protocol/messages.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import { groupProtocolOf } from '../scenarios/member-settings.ts';
import type { Command } from '../scenarios/scenario.ts';
import type { GroupState } from '../protocol/facts.ts';
import type { EventOf, Trace, TraceEvent } from './events.ts';
import { addOffsets, type OffsetRanges } from './offset-ranges.ts';
import type {
  CoordinatorView,
  GroupMemberView,
  MemberView,
  MessageView,
  PartitionView,
  ProcessState,
  TimerView,
  View,
} from './view-types.ts';

/**
 * All that a screen shows of a trace after one step, and nothing it shows is known otherwise.
 *
 * The trace is folded from the nearest checkpoint, so any step costs about the same. Checkpoints
 * are made when they are first passed; they share every part that did not change.
 *
 * @param step 0 to the last step of the trace; going back is a smaller step.
 */
export function view(trace: Trace, step: number): View {
  assert(
    Number.isInteger(step) && step >= 0 && step < trace.events.length,
    `step ${step} is not in the trace`,
  );
  const memory = remember(trace);
  const checkpointIndex = Math.min(
    Math.floor(step / CHECKPOINT_STEPS),
    memory.checkpoints.length - 1,
  );
  const fold = { ...existing(memory.checkpoints[checkpointIndex], 'checkpoint') };
  while (fold.nextStep <= step) {
    apply(fold, existing(trace.events[fold.nextStep], 'event'));
    fold.nextStep += 1;
    const isCheckpoint = fold.nextStep === memory.checkpoints.length * CHECKPOINT_STEPS;
    if (isCheckpoint) memory.checkpoints.push({ ...fold });
  }
  return show(fold, trace, step, memory);
}

/** Events between two checkpoints: folding this many takes well under a frame. */
const CHECKPOINT_STEPS = 256;

/** A member of the group as the coordinator's events tell it. */
interface GroupMember {
  readonly memberId: MemberId;
  readonly name: MemberName;
  readonly awaits: 'join' | 'sync' | null;
}

/** A partition while it is folded; null before its topic has it. */
interface PartitionFold {
  /** Its `ownerlessTotalMs` leaves out the gap that goes on. */
  readonly shown: PartitionView;
  readonly delivered: OffsetRanges;
  readonly processed: OffsetRanges;
  /** Of each owner that knows where to read. */
  readonly positions: ReadonlyMap<MemberName, number>;
}

/** Replaced part by part; the parts themselves are never changed, so a copy shares them. */
interface Fold {
  nextStep: number;
  group: {
    readonly state: GroupState;
    readonly groupProtocol: CoordinatorView['groupProtocol'];
    readonly assignmentEpoch: number | null;
    readonly generationId: CoordinatorView['generationId'];
    readonly protocolName: string | null;
    readonly leader: MemberId | null;
  };
  groupMembers: PersistentMap<MemberId, GroupMember>;
  pending: PersistentMap<MemberId, MemberName>;
  members: PersistentList<MemberView>;
  partitions: PersistentList<PartitionFold | null>;
  inFlight: PersistentMap<number, EventOf<'messageSent'>>;
  /** By key, for each actor: those of a process that ends go together. */
  timers: PersistentMap<ActorId, PersistentMap<string, TimerView>>;
  readonly places: Places;
}

/** Where a fold has what events name. */
interface Places {
  readonly members: ReadonlyMap<MemberName, number>;
  /** By printed partition; sorted, with those that come later in the trace. */
  readonly partitions: ReadonlyMap<string, number>;
}

interface Memory {
  readonly checkpoints: Fold[];
  /** When each message that was delivered arrived, by the step at which it was sent. */
  readonly deliveredAtMs: ReadonlyMap<number, number>;
}

/** What was worked out for a trace; it goes when the trace goes. */
const memories = new WeakMap<Trace, Memory>();

function remember(trace: Trace): Memory {
  const known = memories.get(trace);
  if (known !== undefined) return known;
  const deliveredAtMs = new Map<number, number>();
  const partitionCounts = new Map(
    trace.scenario.topics.map(({ name, partitions }) => [name, partitions]),
  );
  for (const event of trace.events) {
    if (event.kind === 'messageDelivered') deliveredAtMs.set(event.sentStep, event.atMs);
    if (event.kind === 'topicChanged') {
      const { topic, partitionCount } = event;
      partitionCounts.set(topic, Math.max(partitionCount, partitionCounts.get(topic) ?? 0));
    }
  }
  const memory = { checkpoints: [emptyFold(trace, partitionCounts)], deliveredAtMs };
  memories.set(trace, memory);
  return memory;
}

/** @param partitionCounts how many partitions each topic has in the end. */
function emptyFold({ scenario }: Trace, partitionCounts: ReadonlyMap<string, number>): Fold {
  const partitions = sortPartitions(
    [...partitionCounts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    ),
  );
  const firstCounts = new Map(scenario.topics.map((topic) => [topic.name, topic.partitions]));
  return {
    nextStep: 0,
    group: {
      state: 'Empty',
      groupProtocol: firstProtocol(scenario),
      assignmentEpoch: null,
      generationId: asGenerationId(0),
      protocolName: null,
      leader: null,
    },
    groupMembers: PersistentMap.empty(),
    pending: PersistentMap.empty(),
    members: PersistentList.from<MemberView>(
      scenario.members.map((member) => ({
        name: member.name,
        client: member.client,
        groupProtocol: groupProtocolOf(member),
        process: 'notStarted',
        state: 'down',
        memberId: null,
        generationId: null,
        isLeader: false,
        assignment: [],
        callback: null,
        clocks: { heartbeat: null, session: null, poll: null },
        processedCount: 0,
        redeliveredCount: 0,
        reprocessedCount: 0,
        lastError: null,
      })),
    ),
    partitions: PersistentList.from(
      partitions.map(({ topic, partition }) =>
        partition < (firstCounts.get(topic) ?? 0) ? newPartition(topic, partition, 0) : null,
      ),
    ),
    inFlight: PersistentMap.empty(),
    timers: PersistentMap.empty(),
    places: {
      members: new Map(scenario.members.map(({ name }, index) => [name, index])),
      partitions: new Map(partitions.map((partition, index) => [printPartition(partition), index])),
    },
  };
}

/** Of the member that the script starts first. */
function firstProtocol({ members, script }: Trace['scenario']): CoordinatorView['groupProtocol'] {
  const start = script.find((command) => command.do === 'start');
  const first = members.find(({ name }) => start?.do === 'start' && name === start.member);
  return first === undefined ? 'classic' : groupProtocolOf(first);
}

const newPartition = (topic: string, partition: number, atMs: number): PartitionFold => ({
  shown: {
    topic,
    partition,
    owners: [],
    ownerlessSinceMs: atMs,
    ownerlessTotalMs: 0,
    committedOffset: null,
    position: null,
    endOffset: 0,
    lag: null,
    positionLag: null,
  },
  delivered: [],
  processed: [],
  positions: new Map(),
});

function apply(fold: Fold, event: TraceEvent): void {
  switch (event.kind) {
    case 'command':
      applyCommand(fold, event.command);
      return;
    case 'messageSent':
      fold.inFlight = fold.inFlight.set(event.step, event);
      return;
    case 'messageDelivered':
    case 'messageDropped':
      fold.inFlight = fold.inFlight.delete(event.sentStep);
      return;
    case 'timerStarted':
      applyTimerStarted(fold, event);
      return;
    case 'timerFired':
    case 'timerStopped':
      fold.timers = fold.timers.set(event.actor, timersOf(fold, event.actor).delete(event.key));
      return;
    case 'groupState': {
      const { to: state, generationId, protocolName, leader } = event;
      const isClassic = state === 'PreparingRebalance' || state === 'CompletingRebalance';
      const becomes = isClassic
        ? ({ groupProtocol: 'classic', assignmentEpoch: null } as const)
        : {};
      fold.group = { ...fold.group, ...becomes, state, generationId, protocolName, leader };
      return;
    }
    case 'groupEpoch': {
      const generationId = asGenerationId(event.groupEpoch);
      fold.group = { ...fold.group, groupProtocol: 'consumer', generationId };
      return;
    }
    case 'targetAssignment':
      fold.group = {
        ...fold.group,
        assignmentEpoch: event.epoch,
        protocolName: event.assignor,
      };
      return;
    case 'groupMember':
      applyGroupMember(fold, event);
      return;
    case 'recordsProduced':
      changeShown(fold, event.partition, () => ({ endOffset: event.lastOffset + 1 }));
      return;
    case 'commitAccepted':
      for (const { topic, partition, offset } of event.offsets) {
        changeShown(fold, { topic, partition }, () => ({ committedOffset: offset }));
      }
      return;
    case 'topicChanged':
      addPartitions(fold, event);
      return;
    case 'assignmentChanged':
      applyAssignment(fold, event);
      return;
    case 'recordsPolled':
      applyDelivery(fold, event);
      return;
    case 'recordsProcessed':
      applyProcessing(fold, event);
      return;
    case 'positionsSet':
      for (const { offset, ...partition } of event.positions) {
        changePosition(fold, partition, memberOf(event.actor), offset);
      }
      return;
    default:
      applyToMember(fold, event);
  }
}

const timersOf = (fold: Fold, actor: ActorId): PersistentMap<string, TimerView> =>
  fold.timers.get(actor) ?? PersistentMap.empty();

function applyTimerStarted(fold: Fold, event: EventOf<'timerStarted'>): void {
  const { key, timer, actor, member, step, atMs, dueAtMs } = event;
  const started = { key, timer, actor, member, startedStep: step, startedAtMs: atMs, dueAtMs };
  fold.timers = fold.timers.set(actor, timersOf(fold, actor).set(key, started));
}

function changeMember(
  fold: Fold,
  name: MemberName | null,
  change: (member: MemberView) => Partial<MemberView>,
): void {
  const place = name === null ? undefined : fold.places.members.get(name);
  const member = place === undefined ? undefined : fold.members.get(place);
  if (place === undefined || member === undefined) return;
  fold.members = fold.members.with(place, { ...member, ...change(member) });
}

/** What follows from owners, positions and offsets. */
function withLags(partition: PartitionFold): PartitionFold {
  const { shown, positions } = partition;
  const newest = shown.owners.at(-1);
  const position = newest === undefined ? null : (positions.get(newest) ?? null);
  const lag = shown.committedOffset === null ? null : shown.endOffset - shown.committedOffset;
  const positionLag = position === null ? null : shown.endOffset - position;
  return { ...partition, shown: { ...shown, position, lag, positionLag } };
}

/** What no topic has, or not yet, is left alone. */
function changePartition(
  fold: Fold,
  partition: TopicPartition,
  change: (partition: PartitionFold) => PartitionFold,
): void {
  const place = fold.places.partitions.get(printPartition(partition));
  const known = place === undefined ? undefined : fold.partitions.get(place);
  if (place === undefined || known === undefined || known === null) return;
  fold.partitions = fold.partitions.with(place, withLags(change(known)));
}

function applyCommand(fold: Fold, command: Command): void {
  if (!('member' in command)) return;
  const process = PROCESS_AFTER.get(command.do);
  if (process === undefined) return;
  changeMember(fold, command.member, () => ({ process }));
  if (command.do === 'start') {
    const restart = {
      processedCount: 0,
      redeliveredCount: 0,
      reprocessedCount: 0,
      lastError: null,
      callback: null,
    };
    changeMember(fold, command.member, () => restart);
  }
  // The timers of a killed process go with it.
  if (command.do === 'crash') forgetTimers(fold, command.member);
}

const PROCESS_AFTER: ReadonlyMap<Command['do'], ProcessState> = new Map([
  ['start', 'starting'],
  ['crash', 'crashed'],
  ['freeze', 'frozen'],
  ['thaw', 'running'],
]);

function forgetTimers(fold: Fold, name: MemberName): void {
  fold.timers = fold.timers.delete(memberActor(name));
}

function applyGroupMember(fold: Fold, event: EventOf<'groupMember'>): void {
  const { change, memberId, member: name } = event;
  const known = fold.groupMembers.get(memberId);
  switch (change) {
    case 'pending':
      if (name !== null) fold.pending = fold.pending.set(memberId, name);
      return;
    case 'pendingRemoved':
      fold.pending = fold.pending.delete(memberId);
      return;
    case 'away':
      return;
    case 'added':
      fold.pending = fold.pending.delete(memberId);
      if (name !== null) changeGroupMember(fold, { memberId, name, awaits: null });
      return;
    case 'removed':
      fold.groupMembers = fold.groupMembers.delete(memberId);
      return;
    case 'awaitingJoin':
    case 'awaitingSync':
    case 'answered': {
      const awaits = change === 'answered' ? null : change === 'awaitingJoin' ? 'join' : 'sync';
      if (known !== undefined) changeGroupMember(fold, { ...known, awaits });
      return;
    }
  }
}

function changeGroupMember(fold: Fold, member: GroupMember): void {
  fold.groupMembers = fold.groupMembers.set(member.memberId, member);
}

function changeShown(
  fold: Fold,
  partition: TopicPartition,
  change: (shown: PartitionView) => Partial<PartitionView>,
): void {
  changePartition(fold, partition, (known) => ({
    ...known,
    shown: { ...known.shown, ...change(known.shown) },
  }));
}

function addPartitions(fold: Fold, event: EventOf<'topicChanged'>): void {
  const { topic, partitionCount, atMs } = event;
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const place = existing(fold.places.partitions.get(`${topic}-${partition}`), 'place');
    if (fold.partitions.get(place) !== null) continue;
    fold.partitions = fold.partitions.with(place, newPartition(topic, partition, atMs));
  }
}

function applyAssignment(fold: Fold, event: EventOf<'assignmentChanged'>): void {
  const name = memberOf(event.actor);
  if (name === null) return;
  changeMember(fold, name, () => ({ assignment: event.assignment }));
  for (const partition of event.gained) changeOwner(fold, partition, name, true, event.atMs);
  for (const partition of event.dropped) {
    changePosition(fold, partition, name, null);
    changeOwner(fold, partition, name, false, event.atMs);
  }
}

/** A gap without an owner begins or ends with the owners. */
function changeOwner(
  fold: Fold,
  partition: TopicPartition,
  name: MemberName,
  isGained: boolean,
  atMs: number,
): void {
  changeShown(fold, partition, ({ owners: before, ownerlessSinceMs, ownerlessTotalMs }) => {
    const others = before.filter((owner) => owner !== name);
    const owners = isGained ? [...others, name] : others;
    if (owners.length === 0) return { owners, ownerlessSinceMs: ownerlessSinceMs ?? atMs };
    const gapMs = ownerlessSinceMs === null ? 0 : atMs - ownerlessSinceMs;
    return { owners, ownerlessSinceMs: null, ownerlessTotalMs: ownerlessTotalMs + gapMs };
  });
}

function changePosition(
  fold: Fold,
  partition: TopicPartition,
  name: MemberName | null,
  position: number | null,
): void {
  if (name === null) return;
  changePartition(fold, partition, (known) => {
    const positions = new Map(known.positions);
    if (position === null) positions.delete(name);
    else positions.set(name, position);
    return { ...known, positions };
  });
}

function applyProcessing(fold: Fold, event: EventOf<'recordsProcessed'>): void {
  const { firstOffset, lastOffset } = event;
  changePartition(fold, event.partition, (partition) => {
    const { ranges, repeatedCount } = addOffsets(partition.processed, firstOffset, lastOffset);
    changeMember(fold, memberOf(event.actor), (member) => ({
      processedCount: member.processedCount + lastOffset - firstOffset + 1,
      reprocessedCount: member.reprocessedCount + repeatedCount,
    }));
    return { ...partition, processed: ranges };
  });
}

function applyDelivery(fold: Fold, event: EventOf<'recordsPolled'>): void {
  changePartition(fold, event.partition, (partition) => {
    const { firstOffset, lastOffset } = event;
    const { ranges, repeatedCount } = addOffsets(partition.delivered, firstOffset, lastOffset);
    changeMember(fold, memberOf(event.actor), (member) => ({
      redeliveredCount: member.redeliveredCount + repeatedCount,
    }));
    return { ...partition, delivered: ranges };
  });
  changePosition(fold, event.partition, memberOf(event.actor), event.lastOffset + 1);
}

function applyToMember(fold: Fold, event: TraceEvent): void {
  const name = memberOf(event.actor);
  switch (event.kind) {
    case 'memberReady':
      changeMember(fold, name, () => ({ process: 'running' }));
      return;
    case 'memberState':
      changeMember(fold, name, () => ({ state: event.to }));
      return;
    case 'memberIdentity': {
      const { memberId, generationId } = event;
      changeMember(fold, name, () => ({ memberId, generationId }));
      return;
    }
    case 'callbackEntered': {
      const { callback, partitions } = event;
      changeMember(fold, name, () => ({ callback: { callback, partitions } }));
      return;
    }
    case 'callbackLeft':
      changeMember(fold, name, () => ({ callback: null }));
      return;
    case 'memberError':
      changeMember(fold, name, () => ({ lastError: event.exception }));
      return;
    case 'memberExit':
      if (name !== null) forgetTimers(fold, name);
      changeMember(fold, name, ({ process }) => ({
        process: process === 'crashed' ? 'crashed' : event.code === 0 ? 'closed' : 'failed',
      }));
      return;
    default:
      return;
  }
}

// ---- showing what was folded ----------------------------------------------------------------

function show(fold: Fold, trace: Trace, step: number, memory: Memory): View {
  const event = existing(trace.events[step], 'event');
  const timers = showTimers(fold);
  const coordinator = showCoordinator(fold);
  return {
    step,
    stepCount: trace.events.length,
    atMs: event.atMs,
    untilMs: trace.scenario.untilMs,
    event,
    coordinator,
    members: showMembers(fold, timers),
    partitions: showPartitions(fold, event.atMs),
    messagesInFlight: fold.inFlight.values().map((sent) => showMessage(sent, memory)),
    timers,
  };
}

function showCoordinator(fold: Fold): CoordinatorView {
  const { leader, ...group } = fold.group;
  const { state } = group;
  const members = fold.groupMembers.values();
  const awaited = state === 'PreparingRebalance' ? 'join' : 'sync';
  const isWaiting = state === 'PreparingRebalance' || state === 'CompletingRebalance';
  return {
    ...group,
    leader: fold.groupMembers.get(leader ?? NOBODY)?.name ?? null,
    members: members.map((member): GroupMemberView => ({
      ...member,
      isLeader: member.memberId === leader,
    })),
    pendingMembers: fold.pending.values(),
    waitsFor: isWaiting
      ? members.filter(({ awaits }) => awaits !== awaited).map(({ name }) => name)
      : [],
  };
}

/** No coordinator hands out an empty id. */
const NOBODY = '' as MemberId;

function showMembers(fold: Fold, timers: readonly TimerView[]): MemberView[] {
  const members = fold.members.values();
  const clocks = members.map(
    (): { heartbeat: TimerView | null; session: TimerView | null; poll: TimerView | null } => ({
      heartbeat: null,
      session: null,
      poll: null,
    }),
  );
  for (const timer of timers) {
    const { timer: kind, member: name } = timer;
    if (kind !== 'heartbeat' && kind !== 'session' && kind !== 'poll') continue;
    const own = clocks[name === null ? -1 : (fold.places.members.get(name) ?? -1)];
    if (own !== undefined) own[kind] = timer;
  }
  return members.map((member, index) => ({
    ...member,
    isLeader: member.memberId !== null && member.memberId === fold.group.leader,
    clocks: existing(clocks[index], 'clocks'),
  }));
}

function showTimers(fold: Fold): readonly TimerView[] {
  const timers: TimerView[] = [];
  for (const ofActor of fold.timers.values()) timers.push(...ofActor.values());
  return timers.sort((a, b) => a.dueAtMs - b.dueAtMs || a.startedStep - b.startedStep);
}

/** Thousands in a large group: those that somebody owns are shown as they were folded. */
function showPartitions(fold: Fold, atMs: number): readonly PartitionView[] {
  const partitions: PartitionView[] = [];
  for (const partition of fold.partitions.values()) {
    if (partition === null) continue;
    const { shown } = partition;
    const { ownerlessSinceMs, ownerlessTotalMs } = shown;
    const gapMs = ownerlessSinceMs === null ? 0 : atMs - ownerlessSinceMs;
    partitions.push(gapMs === 0 ? shown : { ...shown, ownerlessTotalMs: ownerlessTotalMs + gapMs });
  }
  return partitions;
}

function showMessage(sent: EventOf<'messageSent'>, memory: Memory): MessageView {
  return {
    sentStep: sent.step,
    sentAtMs: sent.atMs,
    deliveredAtMs: memory.deliveredAtMs.get(sent.step) ?? null,
    from: sent.actor,
    to: sent.to,
    api: apiOf(sent.message),
    isRequest: isRequest(sent.message),
    errorCode: errorCodeIn(sent.message),
    message: sent.message,
  };
}
