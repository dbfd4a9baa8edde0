import { MACHINES } from './step-machine.ts';
import type { GroupProtocol } from '../protocol/config.ts';

/** A member's XState machine as a graph, for drawing. */
export interface MachineGraph {
  readonly initial: string;
  readonly states: readonly {
    /** As in `MemberView.state`. */
    readonly id: string;
    readonly description: string;
    /** Its process has ended; only a new start leads out. */
    readonly isFinal: boolean;
  }[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    /** The machine's event, and the guard where one decides: `JOIN_ANSWERED [succeeded]`. */
    readonly label: string;
  }[];
}

/** States in which no process runs. */
const ENDED: readonly string[] = ['left', 'crashed', 'failed'];

/**
 * The machine that plays members of this group protocol, read from the machine itself.
 *
 * Left out, because it holds for every state: CRASH leads to `crashed`.
 */
export function describeMachine(groupProtocol: GroupProtocol): MachineGraph {
  const nodes = Object.values(MACHINES[groupProtocol].states);
  return {
    initial: 'down',
    states: nodes.map((node) => ({
      id: node.key,
      description: node.description ?? '',
      isFinal: ENDED.includes(node.key),
    })),
    transitions: nodes.flatMap((node) =>
      [...node.transitions.values()].flat().flatMap((transition) =>
        (transition.target ?? []).map((target) => ({
          from: node.key,
          to: target.key,
          label: [
            String(transition.eventType),
            ...(typeof transition.guard === 'string' ? [`[${transition.guard}]`] : []),
          ].join(' '),
        })),
      ),
    ),
  };
}
