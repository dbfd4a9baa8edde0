import { assert, existing } from '../assert.ts';
import {
  asGenerationId,
  memberActor,
  memberOf,
  type MemberId,
  type MemberName,
} from '../protocol/ids.ts';
import { apiOf, errorCodeIn, isRequest } from '../protocol/messages.ts';
import { isSamePartition, printPartition, sortPartitions } from '../protocol/partitions.ts';
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
  const fold = copyFold(existing(memory.checkpoints[checkpointIndex], 'checkpoint'));
  while (fold.nextStep <= step) {
    apply(fold, existing(trace.events[fold.nextStep], 'event'));
    fold.nextStep += 1;
    const isCheckpoint = fold.nextStep === memory.checkpoints.length * CHECKPOINT_STEPS;
    if (isCheckpoint) memory.checkpoints.push(copyFold(fold));
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

/** A partition while it is folded. */
interface PartitionFold extends PartitionView {
  /** Time without an owner in gaps that have ended. */
  readonly closedGapsMs: number;
  readonly delivered: OffsetRanges;
}

/** Replaced part by part; the parts themselves are never changed. */
interface Fold {
  nextStep: number;
  group: {
    readonly state: GroupState;
    readonly generationId: CoordinatorView['generationId'];
    readonly protocolName: string | null;
    readonly leader: MemberId | null;
  };
  readonly groupMembers: Map<MemberId, GroupMember>;
  readonly pending: Map<MemberId, MemberName>;
  readonly members: MemberView[];
  readonly partitions: PartitionFold[];
  readonly inFlight: Map<number, EventOf<'messageSent'>>;
  readonly timers: Map<string, TimerView>;
}

interface Memory {
  readonly checkpoints: Fold[];
  /** When each message that was delivered arrived, by the step at which it was sent. */
  readonly deliveredAtMs: ReadonlyMap<number, number>;
  readonly memberIndexes: ReadonlyMap<MemberName, number>;
}

/** What was worked out for a trace; it goes when the trace goes. */
const memories = new WeakMap<Trace, Memory>();

function remember(trace: Trace): Memory {
  const known = memories.get(trace);
  if (known !== undefined) return known;
  const deliveredAtMs = new Map<number, number>();
  for (const event of trace.events) {
    if (event.kind === 'messageDelivered') deliveredAtMs.set(event.sentStep, event.atMs);
  }
  const memberIndexes = new Map(trace.scenario.members.map(({ name }, index) => [name, index]));
  const memory = { checkpoints: [emptyFold(trace)], deliveredAtMs, memberIndexes };
  memories.set(trace, memory);
  return memory;
}

function emptyFold({ scenario }: Trace): Fold {
  return {
    nextStep: 0,
    group: {
      state: 'Empty',
      generationId: asGenerationId(0),
      protocolName: null,
      leader: null,
    },
    groupMembers: new Map(),
    pending: new Map(),
    members: scenario.members.map((member) => ({
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
      lastError: null,
    })),
    partitions: scenario.topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => newPartition(name, partition, 0)),
    ),
    inFlight: new Map(),
    timers: new Map(),
  };
}

const newPartition = (topic: string, partition: number, atMs: number): PartitionFold => ({
  topic,
  partition,
  owners: [],
  ownerlessSinceMs: atMs,
  ownerlessTotalMs: 0,
  committedOffset: null,
  endOffset: 0,
  closedGapsMs: 0,
  delivered: [],
});

const copyFold = (fold: Fold): Fold => ({
  ...fold,
  groupMembers: new Map(fold.groupMembers),
  pending: new Map(fold.pending),
  members: [...fold.members],
  partitions: [...fold.partitions],
  inFlight: new Map(fold.inFlight),
  timers: new Map(fold.timers),
});

function apply(fold: Fold, event: TraceEvent): void {
  switch (event.kind) {
    case 'command':
      applyCommand(fold, event.command);
      return;
    case 'messageSent':
      fold.inFlight.set(event.step, event);
      return;
    case 'messageDelivered':
    case 'messageDropped':
      fold.inFlight.delete(event.sentStep);
      return;
    case 'timerStarted':
      fold.timers.set(`${event.actor} ${event.key}`, {
        key: event.key,
        timer: event.timer,
        actor: event.actor,
        member: event.member,
        startedStep: event.step,
        startedAtMs: event.atMs,
        dueAtMs: event.dueAtMs,
      });
      return;
    case 'timerFired':
    case 'timerStopped':
      fold.timers.delete(`${event.actor} ${event.key}`);
      return;
    case 'groupState': {
      const { to: state, generationId, protocolName, leader } = event;
      fold.group = { state, generationId, protocolName, leader };
      return;
    }
    case 'groupMember':
      applyGroupMember(fold, event);
      return;
    case 'recordsProduced':
    case 'commitAccepted':
    case 'topicChanged':
      applyToPartitions(fold, event);
      return;
    case 'assignmentChanged':
      applyAssignment(fold, event);
      return;
    case 'recordsPolled':
      applyDelivery(fold, event);
      return;
    default:
      applyToMember(fold, event);
  }
}

function changeMember(
  fold: Fold,
  name: MemberName | null,
  change: (member: MemberView) => Partial<MemberView>,
): void {
  const index = fold.members.findIndex((member) => member.name === name);
  const member = fold.members[index];
  if (member !== undefined) fold.members[index] = { ...member, ...change(member) };
}

function applyCommand(fold: Fold, command: Command): void {
  if (!('member' in command)) return;
  const process = PROCESS_AFTER.get(command.do);
  if (process === undefined) return;
  changeMember(fold, command.member, () => ({ process }));
  if (command.do === 'start') {
    const restart = { processedCount: 0, redeliveredCount: 0, lastError: null, callback: null };
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
  const actor = memberActor(name);
  for (const [key, timer] of fold.timers) if (timer.actor === actor) fold.timers.delete(key);
}

function applyGroupMember(fold: Fold, event: EventOf<'groupMember'>): void {
  const { change, memberId, member: name } = event;
  const known = fold.groupMembers.get(memberId);
  switch (change) {
    case 'pending':
      if (name !== null) fold.pending.set(memberId, name);
      return;
    case 'pendingRemoved':
      fold.pending.delete(memberId);
      return;
    case 'away':
      return;
    case 'added':
      fold.pending.delete(memberId);
      if (name !== null) fold.groupMembers.set(memberId, { memberId, name, awaits: null });
      return;
    case 'removed':
      fold.groupMembers.delete(memberId);
      return;
    case 'awaitingJoin':
    case 'awaitingSync':
    case 'answered': {
      const awaits = change === 'answered' ? null : change === 'awaitingJoin' ? 'join' : 'sync';
      if (known !== undefined) fold.groupMembers.set(memberId, { ...known, awaits });
      return;
    }
  }
}

type PartitionEvent =
  EventOf<'recordsProduced'> | EventOf<'commitAccepted'> | EventOf<'topicChanged'>;

function applyToPartitions(fold: Fold, event: PartitionEvent): void {
  if (event.kind === 'topicChanged') {
    const { topic, partitionCount, atMs } = event;
    const known = fold.partitions.filter((partition) => partition.topic === topic).length;
    for (let partition = known; partition < partitionCount; partition += 1) {
      fold.partitions.push(newPartition(topic, partition, atMs));
    }
    return;
  }
  const changes: readonly Partial<PartitionFold>[] =
    event.kind === 'recordsProduced'
      ? [{ ...event.partition, endOffset: event.lastOffset + 1 }]
      : event.offsets.map(({ topic, partition, offset }) => ({
          topic,
          partition,
          committedOffset: offset,
        }));
  for (const change of changes) {
    const index = fold.partitions.findIndex(
      ({ topic, partition }) => topic === change.topic && partition === change.partition,
    );
    const partition = fold.partitions[index];
    if (partition !== undefined) fold.partitions[index] = { ...partition, ...change };
  }
}

function applyAssignment(fold: Fold, event: EventOf<'assignmentChanged'>): void {
  const name = memberOf(event.actor);
  changeMember(fold, name, () => ({ assignment: event.assignment }));
  if (name === null) return;
  const changed = new Set([...event.gained, ...event.dropped].map(printPartition));
  fold.partitions.forEach((partition, index) => {
    if (!changed.has(printPartition(partition))) return;
    const isGained = event.gained.some((gained) => isSamePartition(gained, partition));
    const others = partition.owners.filter((owner) => owner !== name);
    const owners = isGained ? [...others, name] : others;
    fold.partitions[index] = withOwners(partition, owners, event.atMs);
  });
}

/** A gap without an owner begins or ends with the owners. */
function withOwners(
  partition: PartitionFold,
  owners: readonly MemberName[],
  atMs: number,
): PartitionFold {
  const { ownerlessSinceMs, closedGapsMs } = partition;
  if (owners.length > 0 && ownerlessSinceMs !== null) {
    const gapMs = atMs - ownerlessSinceMs;
    return { ...partition, owners, ownerlessSinceMs: null, closedGapsMs: closedGapsMs + gapMs };
  }
  if (owners.length === 0 && ownerlessSinceMs === null) {
    return { ...partition, owners, ownerlessSinceMs: atMs };
  }
  return { ...partition, owners };
}

function applyDelivery(fold: Fold, event: EventOf<'recordsPolled'>): void {
  const { firstOffset, lastOffset } = event;
  const index = fold.partitions.findIndex((known) => isSamePartition(known, event.partition));
  const partition = fold.partitions[index];
  if (partition === undefined) return;
  const { ranges, repeatedCount } = addOffsets(partition.delivered, firstOffset, lastOffset);
  fold.partitions[index] = { ...partition, delivered: ranges };
  changeMember(fold, memberOf(event.actor), (member) => ({
    redeliveredCount: member.redeliveredCount + repeatedCount,
  }));
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
    case 'recordsProcessed': {
      const count = event.lastOffset - event.firstOffset + 1;
      changeMember(fold, name, (member) => ({ processedCount: member.processedCount + count }));
      return;
    }
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
  const timers = [...fold.timers.values()].sort((a, b) => a.dueAtMs - b.dueAtMs);
  const coordinator = showCoordinator(fold);
  return {
    step,
    stepCount: trace.events.length,
    atMs: event.atMs,
    untilMs: trace.scenario.untilMs,
    event,
    coordinator,
    members: showMembers(fold, timers, memory),
    partitions: sortFolded(fold.partitions).map((partition) =>
      showPartition(partition, event.atMs),
    ),
    messagesInFlight: [...fold.inFlight.values()].map((sent) => showMessage(sent, memory)),
    timers,
  };
}

function sortFolded(partitions: readonly PartitionFold[]): readonly PartitionFold[] {
  const byName = new Map(partitions.map((partition) => [printPartition(partition), partition]));
  return sortPartitions(partitions).map((partition) =>
    existing(byName.get(printPartition(partition)), 'partition'),
  );
}

function showCoordinator(fold: Fold): CoordinatorView {
  const { state, generationId, protocolName, leader } = fold.group;
  const members = [...fold.groupMembers.values()];
  const awaited = state === 'PreparingRebalance' ? 'join' : 'sync';
  const isWaiting = state === 'PreparingRebalance' || state === 'CompletingRebalance';
  return {
    state,
    generationId,
    protocolName,
    leader: fold.groupMembers.get(leader ?? NOBODY)?.name ?? null,
    members: members.map((member): GroupMemberView => ({
      ...member,
      isLeader: member.memberId === leader,
    })),
    pendingMembers: [...fold.pending.values()],
    waitsFor: isWaiting
      ? members.filter(({ awaits }) => awaits !== awaited).map(({ name }) => name)
      : [],
  };
}

/** No coordinator hands out an empty id. */
const NOBODY = '' as MemberId;

function showMembers(fold: Fold, timers: readonly TimerView[], memory: Memory): MemberView[] {
  const clocks = fold.members.map(
    (): { heartbeat: TimerView | null; session: TimerView | null; poll: TimerView | null } => ({
      heartbeat: null,
      session: null,
      poll: null,
    }),
  );
  for (const timer of timers) {
    const { timer: kind, member: name } = timer;
    if (kind !== 'heartbeat' && kind !== 'session' && kind !== 'poll') continue;
    const own = clocks[name === null ? -1 : (memory.memberIndexes.get(name) ?? -1)];
    if (own !== undefined) own[kind] = timer;
  }
  return fold.members.map((member, index) => ({
    ...member,
    isLeader: member.memberId !== null && member.memberId === fold.group.leader,
    clocks: existing(clocks[index], 'clocks'),
  }));
}

function showPartition(partition: PartitionFold, atMs: number): PartitionView {
  const { topic, owners, ownerlessSinceMs, committedOffset, endOffset, closedGapsMs } = partition;
  const openGapMs = ownerlessSinceMs === null ? 0 : atMs - ownerlessSinceMs;
  return {
    topic,
    partition: partition.partition,
    owners,
    ownerlessSinceMs,
    ownerlessTotalMs: closedGapsMs + openGapMs,
    committedOffset,
    endOffset,
  };
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
