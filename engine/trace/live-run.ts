import type { ProblemCode } from '../errors.ts';
import type { ClientKind } from '../protocol/config.ts';
import type { GroupPoll } from './polls.ts';
import type { RecordingHeader, RecordingLine } from './recording-types.ts';

/**
 * What the bridge says of a run while it happens, one server-sent event each: `progress` until the
 * broker is up, a `header`, the `line`s as they happen (not quite in order of time), and at last
 * `end` or `problem`.
 */
export type LiveMessage =
  | { readonly type: 'progress'; readonly text: string }
  /** The scenario as it is run; ids are still missing. */
  | { readonly type: 'header'; readonly header: RecordingHeader }
  | { readonly type: 'line'; readonly line: RecordingLine }
  /** What an admin was told that asked meanwhile; beside the recording, not in it. */
  | { readonly type: 'polled'; readonly poll: GroupPoll }
  /** The header with all ids that members and topics got. */
  | { readonly type: 'end'; readonly header: RecordingHeader }
  | {
      readonly type: 'problem';
      readonly code: ProblemCode;
      readonly problem: string;
      readonly remedy: string;
    };

/**
 * What the bridge says of a tap, one server-sent event each: of each group what it says of a run, but
 * with a `header` whenever more is known of its members and topics, which replaces the one before.
 */
export type TapMessage =
  | { readonly type: 'group'; readonly group: string; readonly message: LiveMessage }
  /** The recording has reached its limit: the tap goes on, and nothing more is recorded. */
  | { readonly type: 'full'; readonly problem: string; readonly remedy: string }
  /** The tap is closed. */
  | { readonly type: 'end' };

/** The body of `POST /api/taps`. */
export interface StartTap {
  /** The broker, `host:port`. */
  readonly to: string;
  /** Where programs are to connect, `host:port` of this machine alone. */
  readonly listen: string;
  /** The only group to watch; null for all that members join. */
  readonly group: string | null;
}

/** The answer to it. */
export interface TapStarted {
  readonly tapId: string;
}

/** A tap that is open. */
export interface OpenTap extends StartTap, TapStarted {}

/** What the bridge can do here: the answer to `GET /api/status`. */
export interface BridgeStatus {
  readonly version: string;
  /**
   * What requests that act have to carry, for the page that asks; null where other machines may ask
   * too: there it is in the address that the server printed.
   */
  readonly token: string | null;
  /** Which broker a run would use. */
  readonly broker: {
    readonly kind: 'foreign' | 'maven' | 'docker' | 'none';
    /** One sentence: what it is, or why there is none and what to do. */
    readonly text: string;
  };
  readonly clients: readonly {
    readonly client: ClientKind;
    readonly isAvailable: boolean;
    readonly text: string;
  }[];
  /** The run that is under way; one at a time. */
  readonly runId: string | null;
  /** The tap that is open; one at a time. */
  readonly tap: OpenTap | null;
}

/** The body of `POST /api/runs`. */
export interface StartRun {
  /** A scenario as in a scenario file. */
  readonly scenario: unknown;
  /** Plays every member by this client instead of its own; null leaves them as they are. */
  readonly client: ClientKind | null;
}

/** The answer to it. */
export interface RunStarted {
  readonly runId: string;
}
