import { memberActor, asMemberId, asMemberName } from '../protocol/ids.ts';
import type {
  ActorId,
  GenerationId,
  GroupInstanceId,
  MemberId,
  MemberName,
} from '../protocol/ids.ts';
import { asGenerationId } from '../protocol/ids.ts';
import type {
  GroupMessage,
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
} from '../protocol/messages.ts';
import { errorCodeIn } from '../protocol/messages.ts';
import {
  readPartition,
  sortPartitions,
  withoutPartitions,
  type TopicPartition,
} from '../protocol/partitions.ts';
import type { Command, Scenario } from '../scenarios/scenario.ts';
import type { GroupState, RebalanceCause } from '../protocol/facts.ts';
import { groupProtocolOf } from '../scenarios/member-settings.ts';
import { TRACE_FORMAT, type Fact, type Trace, type TraceEvent } from './events.ts';
import type { RecordedRequest, RecordingHeader, RecordingLine } from './recording-types.ts';
import { lastOfEpochs, movesAfter, movesBefore } from './recording-consumer-protocol.ts';
import {
  epochLeaveReason,
  isPollTimeout,
  joinReason,
  leaveReason,
  lostReason,
  removalReason,
  silenceReason,
  strangersReason,
  topicsOf,
  unseenReason,
  type Reason,
} from './recording-reasons.ts';
import { readExchange, type Exchange } from './wire-bodies.ts';

/**
 * The trace of a recording, or of as much of it as there is yet.
 *
 * A recording holds what broker and clients said: requests with their answers, listener calls,
 * records. Timers and inner states are deduced from that and marked `inferred`; so are the causes
 * of what a member does by its own clocks.
 *
 * @param isComplete whether the run is over; only then the trace has its `end`.
 */
export function traceOfRecording(
  header: RecordingHeader,
  lines: readonly RecordingLine[],
  isComplete = true,
): Trace {
  const isHeard = lines.some(({ type }) => type !== 'request' && type !== 'command');
  return new Reconstruction(header, isHeard).run(momentsOf(header, lines), isComplete);
}

type Plain = Exclude<RecordingLine, RecordedRequest>;

/** Something at one point in time; a request makes two: it arrives, and it is answered. */
type Moment =
  | { readonly atMs: number; readonly rank: number; readonly type: 'plain'; readonly line: Plain }
  | {
      readonly atMs: number;
      readonly rank: number;
      readonly type: 'arrives' | 'answered';
      readonly index: number;
      readonly member: MemberName | null;
      readonly exchange: Exchange;
    };

/** Of what has the same time, commands come first, and answers before what they bring about. */
const RANKS = { command: 0, ready: 1, answered: 2, other: 3, arrives: 4, exit: 5 } as const;

/** How far clocks of the recording's parts may disagree. */
const CLOCK_SLACK_MS = 20;

/** The session timeout of a consumer group is the broker's; where it is not known, it is hardly shorter. */
const SHORTEST_SESSION_MS = 10_000;

/** So much later than its session timeout nobody is still a member who was not heard of. */
const EXPIRY_SLACK_MS = 1_000;

function momentsOf(header: RecordingHeader, lines: readonly RecordingLine[]): readonly Moment[] {
  const topicNames = new Map(Object.entries(header.topicIds).map(([name, id]) => [id, name]));
  const calls = lines.filter((line) => line.type === 'callback' && line.callback === 'assigned');
  const moments = lines.flatMap((line, index): Moment[] => {
    if (line.type !== 'request') {
      const rank =
        line.type === 'command' || line.type === 'ready' || line.type === 'exit'
          ? RANKS[line.type]
          : RANKS.other;
      return [{ atMs: line.atMs, rank, type: 'plain', line }];
    }
    const exchange = readExchange(line, topicNames, `Line ${index + 2}`);
    const member = line.member === null ? null : asMemberName(line.member);
    const answeredMs = answerTime(line, lines, calls);
    // It came at least a moment before it was answered, also where the log says 0 ms.
    const arrivesMs = Math.max(0, Math.min(answeredMs - 1, line.atMs - line.tookMs));
    return [
      { atMs: arrivesMs, rank: RANKS.arrives, type: 'arrives', index, member, exchange },
      { atMs: answeredMs, rank: RANKS.answered, type: 'answered', index, member, exchange },
    ];
  });
  return moments.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank);
}

/**
 * When a request was answered. The broker writes its log a little after it answers, so a listener
 * call that follows from a SyncGroup may stand before it: then the answer came first all the same.
 */
function answerTime(
  request: RecordedRequest,
  lines: readonly RecordingLine[],
  calls: readonly RecordingLine[],
): number {
  if (request.api !== 'SyncGroup' || calls.length === 0) return request.atMs;
  // A call from before its JoinGroup was answered is that of an earlier generation.
  const joined = lines.findLast(
    (line) =>
      line.type === 'request' &&
      line.api === 'JoinGroup' &&
      line.member === request.member &&
      line.atMs <= request.atMs,
  );
  const earliestMs = Math.max(joined?.atMs ?? 0, request.atMs - CLOCK_SLACK_MS);
  const call = calls.find(
    (line) =>
      'member' in line &&
      line.member === request.member &&
      line.atMs < request.atMs &&
      line.atMs >= earliestMs,
  );
  return call?.atMs ?? request.atMs;
}

/** What is known of one member while the recording is read. */
interface Known {
  readonly state: string;
  readonly memberId: MemberId | null;
  readonly generationId: GenerationId | null;
  readonly assignment: readonly TopicPartition[];
  /** The last step that told it something or that it did. */
  readonly lastStep: number | null;
  /** What started its heartbeat clock last. */
  readonly heartbeatStep: number | null;
}

/** What is known of a member of the group at the coordinator's side. */
interface InGroup {
  readonly name: MemberName;
  readonly groupInstanceId: GroupInstanceId | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** When the coordinator last heard of it in a way that restarts its session. */
  readonly heardMs: number;
  /** Its request is held back: its session cannot run out. */
  readonly isParked: boolean;
}

class Reconstruction {
  readonly #header: RecordingHeader;
  readonly #scenario: Scenario;
  readonly #events: TraceEvent[] = [];
  readonly #known = new Map<MemberName, Known>();
  readonly #ids = new Map<MemberName, MemberId[]>();
  readonly #sentSteps = new Map<number, { readonly sent: number; readonly delivered: number }>();
  readonly #endOffsets = new Map<string, number[]>();
  /** Members of the group as far as it is known. */
  readonly #members = new Map<MemberId, InGroup>();
  #nowMs = 0;
  #groupState: GroupState = 'Empty';
  #generationId = asGenerationId(0);
  #protocolName: string | null = null;
  #leader: MemberId | null = null;
  #lastJoinStep: number | null = null;
  #leaderSyncStep: number | null = null;
  #prepareStep: number | null = null;
  /** Whether the members themselves were heard; else what they hold is what they were told. */
  readonly #isHeard: boolean;
  #moments: readonly Moment[] = [];
  #momentIndex = 0;
  /** When the coordinator took something of a member for the last time. */
  readonly #lastTakenMs = new Map<MemberId, number>();
  /** The reason that each member gave when it came without a member id. */
  readonly #firstReasons = new Map<MemberName, string | null>();
  /** What each member subscribed to when it joined last. */
  readonly #topics = new Map<MemberName, readonly string[]>();
  /** Members of a consumer group, and when they were heard of last. */
  readonly #epochMembers = new Map<
    MemberId,
    { readonly name: MemberName; readonly heardMs: number }
  >();
  /** The moment at which the last member has settled in an epoch of a consumer group. */
  #lastOfEpochs: ReadonlyMap<number, number> = new Map();
  readonly #isConsumerGroup: boolean;
  /** Members of whom only others tell: those in the leader's list that were not recorded. */
  #strangers: ReadonlySet<MemberId> = new Set();

  constructor(header: RecordingHeader, isHeard: boolean) {
    this.#header = header;
    this.#isHeard = isHeard;
    this.#scenario = header.scenario;
    this.#isConsumerGroup = header.scenario.members.every(
      (member) => groupProtocolOf(member) === 'consumer',
    );
    for (const { name, partitions } of header.scenario.topics) {
      this.#endOffsets.set(
        name,
        Array.from({ length: partitions }, () => 0),
      );
    }
    for (const { name } of header.scenario.members) {
      this.#known.set(name, {
        state: 'down',
        memberId: null,
        generationId: null,
        assignment: [],
        lastStep: null,
        heartbeatStep: null,
      });
    }
  }

  run(moments: readonly Moment[], isComplete: boolean): Trace {
    this.#record('script', null, { kind: 'begin' });
    this.#moments = moments;
    for (const moment of moments) this.#noteTaken(moment);
    this.#lastOfEpochs = lastOfEpochs(
      moments.map((moment) => (moment.type === 'answered' ? moment.exchange : null)),
    );
    for (const [index, moment] of moments.entries()) {
      this.#momentIndex = index;
      this.#expireSilent(moment.atMs);
      this.#nowMs = moment.atMs;
      if (moment.type === 'plain') this.#onLine(moment.line);
      else if (moment.type === 'arrives') this.#onArrives(moment);
      else this.#onAnswered(moment);
    }
    if (isComplete) {
      this.#expireSilent(this.#scenario.untilMs);
      this.#nowMs = Math.max(this.#nowMs, this.#scenario.untilMs);
      this.#record('script', null, { kind: 'end' });
    }
    const { kafka, clients, memberIds } = this.#header;
    const given = Object.entries(memberIds).map(
      ([name, ids]) => [asMemberName(name), ids.map(asMemberId)] as const,
    );
    return {
      format: TRACE_FORMAT,
      source: 'recorded',
      scenario: this.#scenario,
      seed: null,
      versions: { kafka, ...clients },
      memberIds: new Map(given.length > 0 ? given : this.#ids),
      topicIds: new Map(Object.entries(this.#header.topicIds)),
      events: this.#events,
    };
  }

  #record(actor: ActorId, cause: number | null, fact: Fact, inferred = false): number {
    const step = this.#events.length;
    this.#events.push({ step, atMs: this.#nowMs, actor, cause, inferred, ...fact });
    return step;
  }

  // ---- plain lines --------------------------------------------------------------------------

  #onLine(line: Plain): void {
    if (line.type === 'command') {
      this.#onCommand(line);
      return;
    }
    const name = asMemberName(line.member);
    const known = this.#known.get(name);
    if (known === undefined) return;
    const actor = memberActor(name);
    const cause = known.lastStep;
    switch (line.type) {
      case 'ready':
        this.#remember(name, this.#record(actor, cause, { kind: 'memberReady' }));
        this.#moveMember(name, this.#isClassic(name) ? 'unjoined' : 'unsubscribed', 'READY');
        return;
      case 'callback':
        this.#onCallback(name, line.callback, line.partitions.flatMap(readAll));
        return;
      case 'records': {
        const partition = readPartition(line.partition) ?? { topic: line.partition, partition: 0 };
        const { firstOffset, lastOffset } = line;
        const records = { partition, firstOffset, lastOffset };
        const step = this.#record(actor, cause, { kind: 'recordsPolled', ...records });
        this.#record(actor, step, { kind: 'recordsProcessed', ...records }, true);
        return;
      }
      case 'committed':
        // The request that made it stands in the recording too; without one nothing was committed.
        return;
      case 'error': {
        const { exception, message } = line;
        this.#remember(
          name,
          this.#record(actor, cause, { kind: 'memberError', exception, message }),
        );
        return;
      }
      case 'exit':
        this.#remember(name, this.#record(actor, cause, { kind: 'memberExit', code: line.code }));
        this.#setAssignment(name, [], true);
        if (known.state !== 'crashed') {
          this.#moveMember(name, line.code === 0 ? 'left' : 'failed', 'LEFT');
        }
        return;
    }
  }

  #onCommand(line: Extract<Plain, { type: 'command' }>): void {
    const { atMs: _atMs, type: _type, ...rest } = line;
    // Lines of a recording are commands of its scenario, which were checked when it was read.
    const command = {
      ...('partition' in rest || rest.do !== 'produce' ? {} : { partition: null }),
      ...rest,
    } as unknown as Command;
    const step = this.#record('script', null, { kind: 'command', command });
    if (command.do === 'produce') this.#onProduce(command, step);
    if (command.do === 'addPartitions') {
      const { topic, partitions } = command;
      this.#record('script', step, { kind: 'topicChanged', topic, partitionCount: partitions });
    }
    if (!('member' in command)) return;
    const name = command.member;
    if (!this.#known.has(name)) return;
    this.#remember(name, step);
    if (command.do === 'start') this.#moveMember(name, 'starting', 'START');
    if (command.do === 'close') {
      this.#moveMember(name, this.#isClassic(name) ? 'leaving' : 'prepareLeaving', 'CLOSE');
    }
    if (command.do === 'crash') {
      this.#moveMember(name, 'crashed', 'CRASH');
      this.#setAssignment(name, [], true);
    }
  }

  #onProduce(command: Extract<Command, { do: 'produce' }>, step: number): void {
    const ends = this.#endOffsets.get(command.topic) ?? [];
    ends.forEach((end, partition) => {
      const isWanted = command.partition === null || command.partition === partition;
      const even = Math.floor(command.count / ends.length);
      const extra = partition < command.count % ends.length ? 1 : 0;
      const count = command.partition === null ? even + extra : command.count;
      if (!isWanted || count === 0) return;
      ends[partition] = end + count;
      const produced = {
        kind: 'recordsProduced',
        partition: { topic: command.topic, partition },
        firstOffset: end,
        lastOffset: end + count - 1,
      } as const;
      this.#record('script', step, produced, true);
    });
  }

  #onCallback(
    name: MemberName,
    callback: 'assigned' | 'revoked' | 'lost',
    partitions: readonly TopicPartition[],
  ): void {
    const known = this.#know(name);
    const actor = memberActor(name);
    const isClassic = this.#isClassic(name);
    if (callback === 'revoked' && isClassic) this.#moveMember(name, 'revoking', 'POLL');
    if (callback === 'lost' && isClassic) this.#moveMember(name, 'losing', 'POLL');
    const entered = { kind: 'callbackEntered', callback, partitions } as const;
    const step = this.#record(actor, this.#know(name).lastStep, entered);
    const isWhole = this.#scenario.members.some(
      (member) => member.name === name && member.client === 'kafkajs',
    );
    const held =
      callback === 'assigned'
        ? [...(isWhole ? [] : withoutPartitions(known.assignment, partitions)), ...partitions]
        : withoutPartitions(known.assignment, partitions);
    const left = this.#record(actor, step, { kind: 'callbackLeft', callback }, true);
    this.#remember(name, left);
    this.#setAssignment(name, held, false);
    if (callback === 'assigned' && isClassic) this.#moveMember(name, 'stable', 'CALLBACK_DONE');
  }

  // ---- requests and answers -----------------------------------------------------------------

  #onArrives(moment: Extract<Moment, { type: 'arrives' | 'answered' }>): void {
    const { member: name, exchange, index } = moment;
    const message = exchange.request;
    const known = name === null ? null : (this.#known.get(name) ?? null);
    const isClocked =
      message.type === 'HeartbeatRequest' ||
      (message.type === 'ConsumerGroupHeartbeatRequest' && message.topicPartitions === null);
    const isOwnWill = name !== null && this.#isOwnWill(name, message);
    const cause = isOwnWill ? null : ((isClocked ? known?.heartbeatStep : known?.lastStep) ?? null);
    const actor = name === null ? 'script' : memberActor(name);
    if (name !== null && known !== null) this.#beforeSending(name, message);
    const fact = { kind: 'messageSent', to: 'coordinator', message, answers: null } as const;
    const sent = this.#record(actor, cause, fact);
    const delivered = this.#record(
      'coordinator',
      sent,
      { kind: 'messageDelivered', sentStep: sent },
      true,
    );
    this.#sentSteps.set(index, { sent, delivered });
    if (name !== null && isClocked) this.#set(name, { heartbeatStep: sent });
    if (name !== null) this.#onRequest(name, message, exchange.response, delivered);
    else if (message.type === 'LeaveGroupRequest') this.#onRemoval(message, delivered);
  }

  /**
   * Whether a member does this of itself, for reasons that nobody recorded: where members were not
   * heard, what it was told last has nothing to do with it.
   */
  #isOwnWill(name: MemberName, message: GroupMessage): boolean {
    if (this.#isHeard) return false;
    if (message.type === 'LeaveGroupRequest') return true;
    if (message.type === 'ConsumerGroupHeartbeatRequest') return message.memberEpoch < 0;
    return message.type === 'JoinGroupRequest' && this.#know(name).state === 'stable';
  }

  /** What a member must have been through when it sends this. */
  #beforeSending(name: MemberName, message: GroupMessage): void {
    if (message.type === 'JoinGroupRequest') {
      const isWhole = this.#know(name).assignment.length > 0;
      if (
        isWhole &&
        message.protocols.every(({ metadata }) => metadata.ownedPartitions.length === 0)
      ) {
        this.#setAssignment(name, [], true);
      }
      this.#moveMember(name, 'joining', 'POLL');
    }
    if (message.type === 'ConsumerGroupHeartbeatRequest') {
      const { topicPartitions } = message;
      if (!this.#isHeard && topicPartitions !== null) {
        this.#setAssignment(name, topicPartitions, true);
      }
      // Closed or late: its request does not tell.
      if (!this.#isHeard && message.memberEpoch < 0) {
        this.#moveMember(name, 'prepareLeaving', 'CLOSE');
      }
      for (const { to, event } of movesBefore(this.#know(name).state, message)) {
        this.#moveMember(name, to, event);
      }
    }
    if (message.type === 'LeaveGroupRequest' && this.#know(name).state !== 'leaving') {
      const isLate = this.#isHeard || message.members.some(({ reason }) => isPollTimeout(reason));
      if (isLate) this.#moveMember(name, 'lost', 'POLL_TIMEOUT');
      else this.#moveMember(name, 'leaving', 'CLOSE');
    }
  }

  #onRequest(
    name: MemberName,
    message: GroupMessage,
    response: GroupMessage,
    delivered: number,
  ): void {
    const isAccepted = errorCodeIn(response) === 'NONE';
    switch (message.type) {
      case 'JoinGroupRequest': {
        if (message.memberId === null) this.#firstReasons.set(name, message.reason);
        if (!isAccepted || response.type !== 'JoinGroupResponse') return;
        // A static member comes without an id, and is taken at once.
        const memberId = message.memberId ?? response.memberId;
        if (memberId !== null) this.#onJoin(name, message, memberId, response, delivered);
        return;
      }
      case 'SyncGroupRequest':
        if (!isAccepted) return;
        if (message.assignments.length > 0) this.#leaderSyncStep = delivered;
        this.#noteMember('awaitingSync', message.memberId, name, delivered);
        return;
      case 'LeaveGroupRequest':
        for (const { memberId, reason } of message.members) {
          const member = memberId === null ? undefined : this.#members.get(memberId);
          if (memberId === null || member === undefined) continue;
          const client = this.#scenario.members.find((one) => one.name === name)?.client ?? null;
          const limitMs = member.rebalanceTimeoutMs < 0 ? null : member.rebalanceTimeoutMs;
          const why = leaveReason(name, client, reason, limitMs);
          this.#remove(memberId, name, delivered, why);
        }
        return;
      case 'ConsumerGroupHeartbeatRequest':
        if (this.#isConsumerGroup && isAccepted) this.#onEpochRequest(name, message, delivered);
        return;
      default:
        return;
    }
  }

  #onJoin(
    name: MemberName,
    request: JoinGroupRequest,
    memberId: MemberId,
    response: JoinGroupResponse,
    delivered: number,
  ): void {
    this.#lastJoinStep = delivered;
    const { groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const isInGroup = this.#members.has(memberId);
    const topicsBefore = this.#topics.get(name) ?? null;
    const isLeader = this.#leader === memberId;
    this.#topics.set(name, topicsOf(request));
    if (!isInGroup) {
      this.#replaceStatic(groupInstanceId);
      this.#noteMember('added', memberId, name, delivered);
    }
    this.#members.set(memberId, {
      name,
      groupInstanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      heardMs: this.#nowMs,
      isParked: true,
    });
    // A follower that comes again, or a static member, is answered at once: nobody else hears of it.
    if (response.generationId === this.#generationId) return;
    const isKnown = topicsBefore !== null;
    // That it was told to come again with its id says nothing of why it came.
    const reason = isInGroup ? request.reason : (this.#firstReasons.get(name) ?? null);
    const joining = { name, isInGroup, isKnown, isLeader, topicsBefore, reason };
    this.#prepareRebalance(delivered, joinReason(joining, topicsOf(request)));
    this.#noteMember('awaitingJoin', memberId, name, delivered);
  }

  /** Who joins with the group.instance.id of another takes its place. */
  #replaceStatic(groupInstanceId: GroupInstanceId | null): void {
    if (groupInstanceId === null) return;
    for (const [memberId, member] of this.#members) {
      if (member.groupInstanceId === groupInstanceId) this.#members.delete(memberId);
    }
  }

  /** Somebody who is no member makes others leave: an admin. */
  #onRemoval({ members }: LeaveGroupRequest, delivered: number): void {
    for (const { memberId, groupInstanceId, reason } of members) {
      for (const [id, member] of this.#members) {
        const isMeant =
          id === memberId || (memberId === null && member.groupInstanceId === groupInstanceId);
        if (!isMeant) continue;
        this.#remove(id, member.name, delivered, removalReason(member.name, reason));
      }
    }
  }

  /** @param reason why the group rebalances, if it was at rest. */
  #remove(memberId: MemberId, name: MemberName, cause: number, reason: Reason): void {
    this.#members.delete(memberId);
    const step = this.#noteMember('removed', memberId, name, cause, 'it leaves, or was made to');
    this.#prepareRebalance(cause, reason);
    this.#noteEmpty(step);
  }

  #noteEmpty(cause: number): void {
    if (this.#members.size > 0 || this.#strangers.size > 0) return;
    this.#moveGroup('Empty', cause, 'no member is left');
  }

  #onAnswered(moment: Extract<Moment, { type: 'arrives' | 'answered' }>): void {
    const { member: name, exchange, index } = moment;
    const message = exchange.response;
    const steps = this.#sentSteps.get(index);
    if (steps === undefined) return;
    if (name !== null) this.#beforeAnswering(name, exchange, steps.delivered);
    const to = name === null ? 'script' : memberActor(name);
    const cause = this.#causeOfAnswer(exchange, steps.delivered);
    const fact = { kind: 'messageSent', to, message, answers: steps.sent } as const;
    const sent = this.#record('coordinator', cause, fact);
    const arrived = this.#record(to, sent, { kind: 'messageDelivered', sentStep: sent }, true);
    if (name === null || !this.#known.has(name)) return;
    const isQuiet =
      message.type === 'HeartbeatResponse' ||
      (message.type === 'ConsumerGroupHeartbeatResponse' && message.assignment === null);
    if (!isQuiet || message.errorCode !== 'NONE') {
      this.#remember(name, arrived);
    }
    this.#afterAnswer(name, exchange, arrived);
  }

  /** A parked request is answered because of what others did. */
  #causeOfAnswer({ request, response }: Exchange, delivered: number): number {
    if (
      errorCodeIn(response) === 'REBALANCE_IN_PROGRESS' &&
      response.type === 'HeartbeatResponse'
    ) {
      return this.#prepareStep ?? delivered;
    }
    if (errorCodeIn(response) !== 'NONE') return delivered;
    if (request.type === 'JoinGroupRequest') return this.#lastJoinStep ?? delivered;
    if (request.type === 'SyncGroupRequest') return this.#leaderSyncStep ?? delivered;
    return delivered;
  }

  /** What the group must have been through when it answers this. */
  #beforeAnswering(name: MemberName, { request, response }: Exchange, delivered: number): void {
    switch (response.type) {
      case 'JoinGroupResponse':
        if (response.errorCode === 'NONE' && response.generationId !== null) {
          if (response.generationId !== this.#generationId) this.#beginGeneration(response);
          if (response.memberId !== null) {
            this.#noteMember('answered', response.memberId, name, delivered);
            this.#hear(response.memberId, 'NONE');
          }
        } else if (response.errorCode === 'MEMBER_ID_REQUIRED' && response.memberId !== null) {
          this.#ids.set(name, [...(this.#ids.get(name) ?? []), response.memberId]);
          this.#noteMember('pending', response.memberId, name, delivered);
        }
        return;
      case 'SyncGroupResponse':
        if (response.errorCode !== 'NONE' || request.type !== 'SyncGroupRequest') return;
        if (this.#groupState === 'CompletingRebalance') {
          this.#moveGroup('Stable', this.#leaderSyncStep ?? delivered, 'the leader has assigned');
        }
        this.#noteMember('answered', request.memberId, name, delivered);
        this.#hear(request.memberId, 'NONE');
        return;
      case 'HeartbeatResponse':
        if (response.errorCode === 'REBALANCE_IN_PROGRESS') this.#onNewsOfRebalance(delivered);
        if (request.type === 'HeartbeatRequest' && request.memberId !== null) {
          this.#hear(request.memberId, errorCodeIn(response));
        }
        return;
      case 'ConsumerGroupHeartbeatResponse':
        if (request.type !== 'ConsumerGroupHeartbeatRequest' || !this.#isConsumerGroup) return;
        if (response.errorCode === 'NONE') this.#onEpoch(name, request, response, delivered);
        return;
      case 'OffsetCommitResponse': {
        if (request.type !== 'OffsetCommitRequest') return;
        const { offsets } = request;
        const { errorCode } = response;
        if (errorCode === 'REBALANCE_IN_PROGRESS' && this.#isClassic(name)) {
          this.#onNewsOfRebalance(delivered);
        }
        if (request.memberId !== null) this.#hear(request.memberId, errorCode);
        if (errorCode === 'NONE') {
          this.#record('coordinator', delivered, { kind: 'commitAccepted', member: name, offsets });
        } else {
          const refused = { kind: 'commitRefused', member: name, offsets, errorCode } as const;
          this.#record('coordinator', delivered, refused);
        }
        return;
      }
      default:
        return;
    }
  }

  #onEpochRequest(
    name: MemberName,
    { memberId, memberEpoch }: ConsumerGroupHeartbeatRequest,
    delivered: number,
  ): void {
    // Who leaves for a while, with epoch -2, is still a member.
    if (memberEpoch !== -1 || !this.#epochMembers.delete(memberId)) return;
    this.#noteMember('removed', memberId, name, delivered, 'it leaves');
    this.#beginEpoch(this.#generationId + 1, delivered, epochLeaveReason(name, this.#isHeard));
    if (this.#epochMembers.size === 0) this.#moveGroup('Empty', delivered, 'no member is left');
  }

  /** An answer of a consumer group: its epoch tells whether anything has changed. */
  #onEpoch(
    name: MemberName,
    { memberId, memberEpoch, subscribedTopicNames }: ConsumerGroupHeartbeatRequest,
    response: ConsumerGroupHeartbeatResponse,
    delivered: number,
  ): void {
    if (memberEpoch < 0) return;
    const topicsBefore = this.#topics.get(name) ?? null;
    const topics = [...(subscribedTopicNames ?? topicsBefore ?? [])].sort();
    this.#topics.set(name, topics);
    const isNew = !this.#epochMembers.has(memberId);
    this.#epochMembers.set(memberId, { name, heardMs: this.#nowMs });
    if (isNew) this.#noteMember('added', memberId, name, delivered);
    if (response.memberEpoch > this.#generationId) {
      const isOther = topicsBefore !== null && topics.join() !== topicsBefore.join();
      const isKnown = topicsBefore !== null;
      const joining = { name, isInGroup: !isNew, isKnown, isLeader: false, topicsBefore };
      const reason =
        isNew || isOther
          ? joinReason({ ...joining, reason: null }, topics)
          : (this.#removeLost() ?? unseenReason(this.#isHeard));
      this.#beginEpoch(response.memberEpoch, delivered, reason);
    }
    if (this.#lastOfEpochs.get(this.#generationId) !== this.#momentIndex) return;
    if (this.#groupState !== 'Stable') {
      this.#moveGroup('Stable', delivered, 'every member has what it should own');
    }
  }

  #beginEpoch(epoch: number, causeStep: number, { cause, sentence: reason }: Reason): void {
    this.#generationId = asGenerationId(epoch);
    const fact = { kind: 'groupEpoch', groupEpoch: epoch, reason, rebalanceCause: cause } as const;
    this.#record('coordinator', causeStep, fact, true);
    if (this.#groupState !== 'Reconciling') {
      this.#moveGroup('Reconciling', causeStep, reason, cause);
    }
  }

  /** Of a consumer group, who was silent for long and is never heard again; says so, or null. */
  #removeLost(): Reason | null {
    const setting = this.#scenario.broker['group.consumer.session.timeout.ms'];
    const sessionMs = setting === undefined ? SHORTEST_SESSION_MS : Number(setting);
    for (const [memberId, { name, heardMs }] of this.#epochMembers) {
      const silentMs = this.#nowMs - heardMs;
      const isAlive = (this.#lastTakenMs.get(memberId) ?? 0) > heardMs + CLOCK_SLACK_MS;
      if (isAlive || silentMs < sessionMs - CLOCK_SLACK_MS) continue;
      this.#epochMembers.delete(memberId);
      const cause = this.#isHeard ? this.#know(name).lastStep : null;
      if (!this.#isHeard) this.#forget(name);
      this.#noteMember('removed', memberId, name, cause, SILENT);
      return lostReason(name, silentMs);
    }
    return null;
  }

  #beginGeneration(response: JoinGroupResponse): void {
    const cause = this.#lastJoinStep;
    this.#generationId = response.generationId ?? this.#generationId;
    this.#protocolName = response.protocolName;
    this.#leader = response.leader;
    this.#moveGroup(
      'CompletingRebalance',
      cause,
      'every member has joined, the leader has to assign',
    );
  }

  #afterAnswer(name: MemberName, { request, response }: Exchange, step: number): void {
    const errorCode = errorCodeIn(response);
    switch (response.type) {
      case 'JoinGroupResponse':
        if (errorCode === 'NONE') {
          this.#identify(name, response.memberId, response.generationId, step);
          this.#set(name, { heartbeatStep: step });
          this.#moveMember(name, 'syncing', 'JOIN_ANSWERED');
          if (response.leader === response.memberId) this.#dropMissing(response, step);
        } else if (response.memberId !== null) this.#identify(name, response.memberId, null, step);
        return;
      case 'SyncGroupResponse':
        if (errorCode !== 'NONE') return;
        this.#moveMember(name, 'assigning', 'SYNC_ANSWERED');
        if (this.#isHeard) return;
        this.#setAssignment(name, response.assignment, true);
        this.#moveMember(name, 'stable', 'CALLBACK_DONE');
        return;
      case 'HeartbeatResponse':
      case 'OffsetCommitResponse':
        // Commits leave the membership of the consumer protocol as it is.
        if (!this.#isClassic(name)) return;
        if (errorCode === 'REBALANCE_IN_PROGRESS' && this.#know(name).state === 'stable') {
          this.#moveMember(name, 'rejoinNeeded', 'TOLD_TO_REJOIN');
        }
        if (errorCode === 'UNKNOWN_MEMBER_ID' || errorCode === 'ILLEGAL_GENERATION') {
          if (this.#know(name).state !== 'losing' && this.#know(name).state !== 'joining') {
            this.#moveMember(name, 'lost', 'EVICTED');
          }
          this.#identify(name, null, null, step);
        }
        return;
      case 'LeaveGroupResponse':
        this.#identify(name, null, null, step);
        if (!this.#isHeard) this.#forget(name);
        return;
      case 'ConsumerGroupHeartbeatResponse': {
        if (request.type !== 'ConsumerGroupHeartbeatRequest') return;
        this.#set(name, { heartbeatStep: step });
        if (!this.#isHeard && request.memberEpoch < 0) this.#forget(name);
        for (const { to, event } of movesAfter(this.#know(name).state, response)) {
          this.#moveMember(name, to, event);
        }
        const { memberEpoch } = response;
        const epoch = memberEpoch > 0 ? asGenerationId(memberEpoch) : null;
        this.#identify(name, request.memberId, epoch, step);
        return;
      }
      default:
        return;
    }
  }

  /** Who is missing from the leader's list was removed on the way to this generation. */
  #dropMissing(response: JoinGroupResponse, step: number): void {
    const present = new Set(response.members.map(({ memberId }) => memberId));
    for (const [memberId, member] of this.#members) {
      const { name, heardMs, sessionTimeoutMs, isParked } = member;
      if (present.has(memberId)) continue;
      this.#members.delete(memberId);
      const isSilent = this.#nowMs - heardMs >= sessionTimeoutMs - CLOCK_SLACK_MS;
      const what = isSilent && !isParked ? SILENT : 'it did not rejoin in time';
      this.#noteMember('removed', memberId, name, step, what);
    }
    this.#strangers = this.#strangersIn(response);
  }

  #strangersIn({ members }: JoinGroupResponse): ReadonlySet<MemberId> {
    const ids = members.map(({ memberId }) => memberId);
    return new Set(ids.filter((memberId) => !this.#lastTakenMs.has(memberId)));
  }

  /** A member hears that the group rebalances, and nothing that was recorded has begun that. */
  #onNewsOfRebalance(delivered: number): void {
    this.#removeSilent();
    if (this.#groupState !== 'Stable') return;
    const next = this.#nextOfLeader();
    const strangers = next === null ? this.#strangers : this.#strangersIn(next);
    const joined = [...strangers].filter((memberId) => !this.#strangers.has(memberId));
    const gone = [...this.#strangers].filter((memberId) => !strangers.has(memberId));
    this.#prepareRebalance(delivered, strangersReason(joined, gone, this.#isHeard));
  }

  /** The next answer that lists the members. */
  #nextOfLeader(): JoinGroupResponse | null {
    for (let index = this.#momentIndex; index < this.#moments.length; index += 1) {
      const moment = this.#moments[index];
      const answer = moment?.type === 'answered' ? moment.exchange.response : null;
      if (answer?.type === 'JoinGroupResponse' && answer.members.length > 0) return answer;
    }
    return null;
  }

  #noteTaken(moment: Moment): void {
    if (moment.type !== 'answered') return;
    const { request, response } = moment.exchange;
    if (!isSignOfLife(errorCodeIn(response))) return;
    // A commit restarts the session of a classic member only.
    if (this.#isConsumerGroup && request.type !== 'ConsumerGroupHeartbeatRequest') return;
    const asked = 'memberId' in request ? request.memberId : null;
    const given = response.type === 'JoinGroupResponse' ? response.memberId : null;
    const memberId = asked ?? given;
    if (memberId !== null) this.#lastTakenMs.set(memberId, moment.atMs);
  }

  #hear(memberId: MemberId, errorCode: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    if (!isSignOfLife(errorCode)) return;
    this.#members.set(memberId, { ...member, heardMs: this.#nowMs, isParked: false });
  }

  /** Whoever was silent for its session timeout has been removed, and that began the rebalance. */
  #removeSilent(): void {
    if (this.#groupState === 'PreparingRebalance') return;
    for (const [memberId, member] of this.#members) {
      const silentMs = this.#nowMs - member.heardMs;
      if (member.isParked || silentMs < member.sessionTimeoutMs - CLOCK_SLACK_MS) continue;
      this.#removeAsSilent(memberId, member);
    }
  }

  /** Who is never taken for a member again has been removed, also where nobody was told. */
  #expireSilent(nowMs: number): void {
    for (const [memberId, member] of this.#members) {
      const dueMs = member.heardMs + member.sessionTimeoutMs;
      const isAlive = (this.#lastTakenMs.get(memberId) ?? 0) > member.heardMs;
      if (member.isParked || isAlive || nowMs <= dueMs + EXPIRY_SLACK_MS) continue;
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.#removeAsSilent(memberId, member);
    }
  }

  #removeAsSilent(memberId: MemberId, member: InGroup): void {
    const { name, sessionTimeoutMs } = member;
    const cause = this.#isHeard ? this.#know(name).lastStep : null;
    this.#members.delete(memberId);
    if (!this.#isHeard) this.#forget(name);
    const step = this.#noteMember('removed', memberId, name, cause, SILENT);
    this.#prepareRebalance(step, silenceReason(name, sessionTimeoutMs));
    this.#noteEmpty(step);
  }

  // ---- deduced facts ------------------------------------------------------------------------

  #prepareRebalance(causeStep: number, { cause, sentence }: Reason): void {
    if (this.#groupState === 'PreparingRebalance') return;
    this.#moveGroup('PreparingRebalance', causeStep, sentence, cause);
  }

  #moveGroup(
    to: GroupState,
    cause: number | null,
    reason: string,
    rebalanceCause: RebalanceCause | null = null,
  ): void {
    const from = this.#groupState;
    this.#groupState = to;
    const fact = {
      kind: 'groupState',
      from,
      to,
      generationId: this.#generationId,
      protocolName: this.#protocolName,
      leader: this.#leader,
      reason,
      ...(rebalanceCause === null ? {} : { rebalanceCause }),
    } as const;
    const step = this.#record('coordinator', cause, fact, true);
    if (to === 'PreparingRebalance') this.#prepareStep = step;
  }

  #noteMember(
    change: Extract<Fact, { kind: 'groupMember' }>['change'],
    memberId: MemberId,
    member: MemberName,
    cause: number | null,
    reason: string = REASONS[change],
  ): number {
    const fact = { kind: 'groupMember', change, memberId, member, reason } as const;
    return this.#record('coordinator', cause, fact, true);
  }

  #moveMember(name: MemberName, to: string, event: string): void {
    const { state: from, lastStep } = this.#know(name);
    if (from === to) return;
    this.#set(name, { state: to });
    this.#record(memberActor(name), lastStep, { kind: 'memberState', from, to, event }, true);
  }

  #identify(
    name: MemberName,
    memberId: MemberId | null,
    generationId: GenerationId | null,
    cause: number,
  ): void {
    const known = this.#know(name);
    if (known.memberId === memberId && known.generationId === generationId) return;
    this.#set(name, { memberId, generationId });
    const fact = { kind: 'memberIdentity', memberId, generationId } as const;
    this.#record(memberActor(name), cause, fact, true);
  }

  #setAssignment(name: MemberName, partitions: readonly TopicPartition[], inferred: boolean): void {
    const known = this.#know(name);
    const assignment = sortPartitions(partitions);
    const gained = withoutPartitions(assignment, known.assignment);
    const dropped = withoutPartitions(known.assignment, assignment);
    this.#set(name, { assignment });
    if (gained.length === 0 && dropped.length === 0) return;
    const fact = { kind: 'assignmentChanged', assignment, gained, dropped } as const;
    this.#record(memberActor(name), this.#know(name).lastStep, fact, inferred);
  }

  #isClassic(name: MemberName): boolean {
    const member = this.#scenario.members.find((candidate) => candidate.name === name);
    return member !== undefined && groupProtocolOf(member) === 'classic';
  }

  #know(name: MemberName): Known {
    const known = this.#known.get(name);
    if (known === undefined) throw new Error(`bug: ${name} is not a member of the scenario`);
    return known;
  }

  /** It is gone, as far as anybody knows; what it does next has nothing to do with what was before. */
  #forget(name: MemberName): void {
    this.#setAssignment(name, [], true);
    this.#moveMember(name, 'left', 'LEFT');
    this.#set(name, { lastStep: null, heartbeatStep: null });
  }

  #set(name: MemberName, parts: Partial<Known>): void {
    this.#known.set(name, { ...this.#know(name), ...parts });
  }

  #remember(name: MemberName, lastStep: number): void {
    this.#set(name, { lastStep });
  }
}

/** A sign of life restarts a session; a refusal does not. */
const isSignOfLife = (errorCode: string): boolean =>
  errorCode === 'NONE' || errorCode === 'REBALANCE_IN_PROGRESS';

const SILENT = 'no heartbeat within its session timeout';

const REASONS: Readonly<Record<Extract<Fact, { kind: 'groupMember' }>['change'], string>> = {
  pending: 'a newcomer gets its member id first',
  added: 'it joined with its member id',
  awaitingJoin: 'its JoinGroup waits for the others',
  awaitingSync: 'its SyncGroup is held until the leader has assigned',
  answered: 'its request is answered',
  away: 'it has left for a while',
  removed: 'it is not in the group any more',
  pendingRemoved: 'it did not join with its id',
};

const readAll = (text: string): readonly TopicPartition[] => {
  const partition = readPartition(text);
  return partition === null ? [] : [partition];
};
