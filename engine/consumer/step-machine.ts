import { transition, type SnapshotFrom } from 'xstate';
import { memberMachine, type MembershipEvent } from './member-machine.ts';

export type Membership = SnapshotFrom<typeof memberMachine>;

/** States of the machine; `MemberView.state` shows them. */
export type MembershipState = keyof typeof memberMachine.states;

interface MachineStep {
  readonly membership: Membership;
  /** Names of what is to be done, in order. */
  readonly actions: readonly string[];
}

/** Transitions that were taken before, by state and printed event. */
const known = new Map<MembershipState, Map<string, MachineStep>>();

/**
 * Steps the machine of a membership.
 *
 * It has no context, so from one state the same event always leads to the same place: a transition
 * is worked out once, and remembered. In a large group that is most of a member's time otherwise.
 */
export function stepMachine(membership: Membership, event: MembershipEvent): MachineStep {
  const ofState = known.get(membership.value) ?? new Map<string, MachineStep>();
  known.set(membership.value, ofState);
  const printed = JSON.stringify(event);
  const taken = ofState.get(printed);
  if (taken !== undefined) return taken;
  const [next, actions] = transition(memberMachine, membership, event);
  const step = { membership: next, actions: actions.map(({ type }) => type) };
  ofState.set(printed, step);
  return step;
}
