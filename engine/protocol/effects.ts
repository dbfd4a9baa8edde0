import type { GroupRequest, GroupResponse } from './messages.ts';

/**
 * What a transition asks for. The simulator carries it out; a bridge to a real socket could do the
 * same. `Target` names a receiver, `Timer` a timer's key, `Note` a fact for the trace.
 */
export type Effect<Target, Message extends GroupRequest | GroupResponse, Timer, Note> =
  | {
      readonly type: 'send';
      readonly to: Target;
      readonly correlationId: number;
      readonly message: Message;
    }
  /** Starting a timer that runs already replaces it. */
  | { readonly type: 'startTimer'; readonly timer: Timer; readonly afterMs: number }
  | { readonly type: 'stopTimer'; readonly timer: Timer }
  | { readonly type: 'note'; readonly note: Note };
