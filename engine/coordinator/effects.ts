import type { Effect } from '../protocol/effects.ts';
import type { CoordinatorFact } from '../protocol/facts.ts';
import type { MemberId, MemberName } from '../protocol/ids.ts';
import type { GroupResponse } from '../protocol/messages.ts';

/** Whom an answer goes to: a member's process, told apart from an earlier one of the same name. */
export interface Client {
  readonly name: MemberName;
  readonly incarnation: number;
}

/** A request whose answer the coordinator holds back. */
export interface Parked {
  readonly client: Client;
  readonly correlationId: number;
}

/** The coordinator's timers. `memberId` is null for those of the group as a whole. */
export interface GroupTimer {
  readonly kind:
    | 'session'
    | 'newMember'
    | 'pendingMember'
    | 'initialDelay'
    | 'rebalanceTimeout'
    | 'syncTimeout'
    /** Consumer group: until a member has given up what it was told to. */
    | 'revocationTimeout'
    /** Consumer group: until a member of the classic protocol has rejoined, and then synced. */
    | 'memberJoinTimeout'
    | 'memberSyncTimeout';
  readonly memberId: MemberId | null;
}

export type GroupEffect = Effect<Client, GroupResponse, GroupTimer, CoordinatorFact>;
