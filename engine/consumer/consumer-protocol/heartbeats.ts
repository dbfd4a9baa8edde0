import { existing } from '../../assert.ts';
import type { ErrorCode } from '../../protocol/error-codes.ts';
import { asGenerationId } from '../../protocol/ids.ts';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages.ts';
import { sortPartitions, type TopicPartition } from '../../protocol/partitions.ts';
import { UNAVAILABLE, findCoordinator, onCoordinatorUnavailable } from '../find-coordinator.ts';
import type { MemberTurn } from '../member.ts';
import type { MembershipState } from '../step-machine.ts';
import { errorFor } from '../thrown.ts';
import type { LeaveReason } from './machine.ts';
import type { ConsumerProtocolMembership, LocalAssignment } from './membership.ts';

/** States in which nothing is sent. Source: AbstractMembershipManager#shouldSkipHeartbeat. */
const SILENT_IN: readonly MembershipState[] = [
  'down',
  'starting',
  'unsubscribed',
  'fenced',
  'stale',
  'fatal',
  'leaving',
];
/** States that do not wait for the interval. Source: AbstractMembershipManager#shouldHeartbeatNow. */
const HEARTBEATS_AT_ONCE_IN: readonly MembershipState[] = ['joining', 'acknowledging'];

/** Changes some of what only a member of the consumer protocol has. */
export function update(turn: MemberTurn, parts: Partial<ConsumerProtocolMembership>): void {
  turn.set({ consumerProtocol: { ...turn.state.consumerProtocol, ...parts } });
}

/** The epoch to send from now on; commits carry it too while it is more than 0. */
export function setEpoch(turn: MemberTurn, memberEpoch: number): void {
  update(turn, { memberEpoch });
  turn.identify(turn.state.memberId, memberEpoch > 0 ? asGenerationId(memberEpoch) : null);
}

/**
 * The heartbeat clock has run out.
 *
 * The background thread sleeps until then, so that this is where it finds that nobody polls.
 * Source: AbstractHeartbeatRequestManager#poll.
 */
export function onHeartbeatDue(turn: MemberTurn): void {
  if (SILENT_IN.includes(turn.membershipState)) return;
  turn.set({ isHeartbeatDue: true });
  sendDueHeartbeat(turn);
}

/**
 * The background thread leaves before the application polls again. The auto commit that this poll()
 * makes, where one is due, has no epoch any more, and is refused.
 *
 * Source: AbstractHeartbeatRequestManager#poll, CommitRequestManager#updateTimerAndMaybeCommit.
 */
export function onPollMissed(turn: MemberTurn): void {
  update(turn, { isPollExpired: true });
  onHeartbeatDue(turn);
  const { maxPollIntervalMs, autoCommitIntervalMs, isAutoCommit } = turn.config;
  const isCommitDue = isAutoCommit && (autoCommitIntervalMs ?? 0) <= (maxPollIntervalMs ?? 0);
  if (isCommitDue) turn.set({ isCommitDue });
}

/** Sends the heartbeat that is due or wanted at once, if one can be sent now. */
export function sendDueHeartbeat(turn: MemberTurn): void {
  const { membershipState } = turn;
  const { isHeartbeatDue, isCoordinatorKnown, consumerProtocol } = turn.state;
  if (SILENT_IN.includes(membershipState)) return;
  if (!isHeartbeatDue && !HEARTBEATS_AT_ONCE_IN.includes(membershipState)) return;
  if (!isCoordinatorKnown) {
    if (!turn.state.isBackingOff) findCoordinator(turn);
    return;
  }
  if (consumerProtocol.isPollExpired && membershipState !== 'prepareLeaving') {
    turn.set({ isHeartbeatDue: false });
    turn.raise({ type: 'POLL_TIMEOUT' });
    return;
  }
  if (isUnderWay(turn)) return;
  send(turn);
  if (turn.membershipState !== 'acknowledging') return;
  const { reconciled, target } = turn.state.consumerProtocol;
  turn.raise({ type: 'ACKNOWLEDGED', isTarget: reconciled?.localEpoch === target?.localEpoch });
}

/** The one that leaves after a poll timeout does not count: nobody looks at its answer. */
const isUnderWay = (turn: MemberTurn): boolean =>
  [...turn.state.requests.values()].some(
    ({ request }) => request.type === 'ConsumerGroupHeartbeatRequest' && request.memberEpoch >= 0,
  );

/**
 * Says that the member leaves; a static member only for a while. False when there is nobody to say
 * it to, or nothing to say, because the group has gone on without it already.
 */
export function sendLeave(turn: MemberTurn, because: LeaveReason): boolean {
  const { config, isCoordinatorKnown, consumerProtocol } = turn.state;
  const isSaid = consumerProtocol.memberEpoch >= 0 && isCoordinatorKnown;
  setEpoch(turn, config.groupInstanceId === null ? -1 : -2);
  update(turn, { reconciled: null, reconciliation: null });
  turn.stopTimer('heartbeat');
  if (isSaid) send(turn);
  turn.raise({ type: 'LEAVE_SENT', because });
  return isSaid;
}

function send(turn: MemberTurn): void {
  const { heartbeatIntervalMs } = turn.state.consumerProtocol;
  const request = heartbeatRequest(turn);
  turn.set({ isHeartbeatDue: false });
  turn.request(request);
  const { subscription } = turn.state;
  update(turn, { said: { topics: subscription, owned: turn.state.consumerProtocol.reconciled } });
  if (heartbeatIntervalMs !== null && turn.membershipState !== 'leaving') {
    turn.startTimer('heartbeat', heartbeatIntervalMs);
  }
}

/** Source: ConsumerHeartbeatRequestManager.HeartbeatState#buildRequestData. */
function heartbeatRequest(turn: MemberTurn): ConsumerGroupHeartbeatRequest {
  const { config, memberId, subscription, consumerProtocol } = turn.state;
  const { memberEpoch, reconciled } = consumerProtocol;
  const said = turn.membershipState === 'joining' ? null : consumerProtocol.said;
  const isOwnedNew = said === null || said.owned?.localEpoch !== reconciled?.localEpoch;
  return {
    type: 'ConsumerGroupHeartbeatRequest',
    groupId: config.groupId,
    memberId: existing(memberId, 'member id'),
    memberEpoch,
    groupInstanceId: config.groupInstanceId,
    rackId: said === null ? config.rackId : null,
    rebalanceTimeoutMs: said === null ? config.rebalanceTimeoutMs : null,
    subscribedTopicNames:
      said !== null && isSameSet(said.topics, subscription) ? null : [...subscription].sort(),
    serverAssignor: said === null ? config.remoteAssignor : null,
    topicPartitions: isOwnedNew ? (reconciled?.partitions ?? []) : null,
  };
}

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((each) => others.includes(each));

/**
 * A heartbeat is answered. An answer to a heartbeat that left the group, or that went out before the
 * member joined anew, has nothing more to say.
 *
 * Source: AbstractHeartbeatRequestManager#onResponse, ConsumerMembershipManager#onHeartbeatSuccess.
 */
export function onHeartbeatResponse(
  turn: MemberTurn,
  request: ConsumerGroupHeartbeatRequest,
  answer: ConsumerGroupHeartbeatResponse,
): void {
  if (request.memberEpoch < 0 || SILENT_IN.includes(turn.membershipState)) return;
  if (answer.errorCode !== 'NONE') {
    onRefused(turn, answer.errorCode);
    return;
  }
  if (answer.memberEpoch < 0) return;
  if (turn.state.consumerProtocol.heartbeatIntervalMs !== answer.heartbeatIntervalMs) {
    update(turn, { heartbeatIntervalMs: answer.heartbeatIntervalMs });
    turn.startTimer('heartbeat', answer.heartbeatIntervalMs);
  }
  setEpoch(turn, answer.memberEpoch);
  if (answer.assignment !== null && turn.membershipState !== 'prepareLeaving') {
    takeTarget(turn, answer.assignment);
  }
}

/** Source: AbstractMembershipManager#processAssignmentReceived. */
function takeTarget(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  const { target: old, reconciled } = turn.state.consumerProtocol;
  const sorted = sortPartitions(partitions);
  const target: LocalAssignment =
    old !== null && isSameList(old.partitions, sorted)
      ? old
      : { localEpoch: (old?.localEpoch ?? -1) + 1, partitions: sorted };
  update(turn, { target });
  const isReconciled = reconciled?.localEpoch === target.localEpoch;
  turn.raise({ type: isReconciled ? 'ASSIGNMENT_UNCHANGED' : 'ASSIGNMENT_CHANGED' });
}

export const isSameList = (
  some: readonly TopicPartition[],
  others: readonly TopicPartition[],
): boolean =>
  some.length === others.length &&
  some.every(({ topic, partition }, index) => {
    const other = others[index];
    return other?.topic === topic && other.partition === partition;
  });

/** After any error the next heartbeat says everything again. */
function onRefused(turn: MemberTurn, errorCode: ErrorCode): void {
  update(turn, { said: null });
  switch (errorCode) {
    case 'FENCED_MEMBER_EPOCH':
    case 'UNKNOWN_MEMBER_ID':
      if (turn.membershipState === 'prepareLeaving') setEpoch(turn, -1);
      else turn.raise({ type: 'FENCED' });
      return;
    case 'NOT_COORDINATOR':
    case 'COORDINATOR_NOT_AVAILABLE':
      onCoordinatorUnavailable(turn);
      turn.set({ isHeartbeatDue: true });
      return;
    case 'COORDINATOR_LOAD_IN_PROGRESS':
      // Not after a whole interval: source: HeartbeatRequestState#onFailedAttempt. Simplification: the
      // pause does not grow.
      turn.startTimer('heartbeat', turn.config.retryBackoffMs);
      return;
    default:
      turn.set({ failure: errorFor(turn, errorCode) });
      turn.raise({ type: 'REFUSED' });
  }
}

/** The connection broke: the next heartbeat goes to whoever the coordinator is then. */
export function onHeartbeatLost(turn: MemberTurn): void {
  update(turn, { said: null });
  if (turn.membershipState === 'prepareLeaving') return;
  turn.set({ isHeartbeatDue: true });
}

/** Answers that say: ask again, perhaps somebody else. */
export const RETRIABLE: readonly ErrorCode[] = [
  ...UNAVAILABLE,
  'COORDINATOR_LOAD_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
];
