import type { ClientKind } from '../protocol/config.ts';

/** A member's XState machine as a graph, for drawing. */
export interface MachineGraph {
  readonly initial: string;
  readonly states: readonly {
    /** As in `MemberView.state`. */
    readonly id: string;
    readonly description: string;
    readonly isFinal: boolean;
  }[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    /** The machine's event, and the guard where one decides: `JOIN_ANSWERED [succeeded]`. */
    readonly label: string;
  }[];
}

/** The machine that plays members of this client, read from the machine itself. */
export function describeMachine(_client: ClientKind): MachineGraph {
  throw new Error('not yet');
}
