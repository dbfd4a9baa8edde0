import {
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type SnapshotFrom,
} from 'xstate';
import type { GroupProtocol } from '../protocol/config.ts';
import {
  consumerProtocolMachine,
  type ConsumerProtocolEvent,
} from './consumer-protocol/machine.ts';
import { memberMachine, type MembershipEvent } from './member-machine.ts';

/** The machine that plays a member of each group protocol. */
export const MACHINES: Readonly<Record<GroupProtocol, AnyStateMachine>> = {
  classic: memberMachine,
  consumer: consumerProtocolMachine,
};

export type Membership = AnyMachineSnapshot;

/** States of the machines; `MemberView.state` shows them. */
export type MembershipState =
  | SnapshotFrom<typeof memberMachine>['value']
  | SnapshotFrom<typeof consumerProtocolMachine>['value'];

/** The state that a machine is in. */
export const stateOf = (membership: Membership): MembershipState =>
  // Neither machine has nested states, and a snapshot of any machine has lost their names.
  membership.value as MembershipState;

interface MachineStep {
  readonly membership: Membership;
  /** Names of what is to be done, in order. */
  readonly actions: readonly string[];
}

/** Transitions that were taken before, by machine, state and printed event. */
const known = new Map<string, MachineStep>();

/**
 * Steps the machine of a membership.
 *
 * It has no context, so from one state the same event always leads to the same place: a transition
 * is worked out once, and remembered. In a large group that is most of a member's time otherwise.
 */
export function stepMachine(
  groupProtocol: GroupProtocol,
  membership: Membership,
  event: MembershipEvent | ConsumerProtocolEvent,
): MachineStep {
  const key = `${groupProtocol} ${stateOf(membership)} ${JSON.stringify(event)}`;
  const taken = known.get(key);
  if (taken !== undefined) return taken;
  const [next, actions] = transition(MACHINES[groupProtocol], membership, event);
  const step = { membership: next, actions: actions.map(({ type }) => type) };
  known.set(key, step);
  return step;
}
