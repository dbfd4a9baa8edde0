import { onRequest, onTimer } from '../../engine/coordinator/coordinator.ts';
import type { Coordinator } from '../../engine/coordinator/state.ts';
import { PersistentMap } from '../../engine/persistent-map.ts';
import type { InvariantName } from '../../engine/index.ts';
import type { GroupRequest, GroupResponse } from '../../engine/protocol/messages.ts';
import type { CoordinatorRules } from '../../engine/simulate.ts';

/** A coordinator that breaks one rule of Kafka, and the promise by which it is found out. */
interface Mutant {
  readonly wrong: string;
  readonly promise: InvariantName;
  readonly rules: CoordinatorRules;
}

type Answer = (response: GroupResponse, coordinator: Coordinator) => GroupResponse;
type Intake = (coordinator: Coordinator, request: GroupRequest) => Coordinator;

/** The right rules, with other answers. */
const answering = (answer: Answer): CoordinatorRules => ({
  onTimer,
  onRequest: (...given) => {
    const { coordinator, effects } = onRequest(...given);
    return {
      coordinator,
      effects: effects.map((effect) =>
        effect.type === 'send'
          ? { ...effect, message: answer(effect.message, coordinator) }
          : effect,
      ),
    };
  },
});

/** The right rules, going by another view of the group. */
const seeing = (see: Intake): CoordinatorRules => ({
  onTimer,
  onRequest: (coordinator, request, ...rest) =>
    onRequest(see(coordinator, request), request, ...rest),
});

const REFUSALS: readonly string[] = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'];

const takeEvictedHeartbeats: Answer = (response) =>
  response.type === 'HeartbeatResponse' && REFUSALS.includes(response.errorCode)
    ? { ...response, errorCode: 'NONE' }
    : response;

const takeEvictedCommits: Answer = (response) =>
  response.type === 'OffsetCommitResponse' && REFUSALS.includes(response.errorCode)
    ? { ...response, errorCode: 'NONE', refused: [] }
    : response;

const giveEverythingToEverybody: Answer = (response, { group }) =>
  response.type === 'SyncGroupResponse' && group?.protocol === 'classic'
    ? { ...response, assignment: group.members.values().flatMap(({ assignment }) => assignment) }
    : response;

/** As if everybody had joined already. */
const waitForNobody: Intake = (coordinator, request) => {
  const { group } = coordinator;
  if (group?.protocol !== 'classic' || request.type !== 'JoinGroupRequest') return coordinator;
  return { ...coordinator, group: { ...group, awaitingJoinCount: group.members.size } };
};

/** As if nobody owned anything, so that everybody gets its target at once. */
const heedNoOwners: Intake = (coordinator) => {
  const { group } = coordinator;
  if (group?.protocol !== 'consumer') return coordinator;
  return { ...coordinator, group: { ...group, owners: PersistentMap.empty() } };
};

/** The session clock is not wound up by anything that a member says. */
const deafToSignsOfLife: CoordinatorRules = {
  onTimer,
  onRequest: (...given) => {
    const [, { type }] = given;
    const { coordinator, effects } = onRequest(...given);
    const isSignOfLife = type === 'HeartbeatRequest' || type === 'ConsumerGroupHeartbeatRequest';
    if (!isSignOfLife) return { coordinator, effects };
    return { coordinator, effects: effects.filter((effect) => effect.type !== 'startTimer') };
  },
};

export const MUTANTS: readonly Mutant[] = [
  {
    wrong: 'takes heartbeats of members that it has evicted',
    promise: 'removed members are refused',
    rules: answering(takeEvictedHeartbeats),
  },
  {
    wrong: 'takes commits of members that it has evicted',
    promise: 'removed members are refused',
    rules: answering(takeEvictedCommits),
  },
  {
    wrong: 'does not wait until everybody has joined',
    promise: 'a join waits for everybody',
    rules: seeing(waitForNobody),
  },
  {
    wrong: 'gives everything to everybody',
    promise: 'a partition has one owner in a generation',
    rules: answering(giveEverythingToEverybody),
  },
  {
    wrong: 'gives partitions out before they are released',
    promise: 'a partition has one owner by reconciliation',
    rules: seeing(heedNoOwners),
  },
  {
    wrong: 'is deaf to signs of life',
    promise: 'sessions end by silence only',
    rules: deafToSignsOfLife,
  },
];
