import * as v from 'valibot';
import type { RecordingLine, ScenarioMember } from '../../engine/index.ts';
import { SASL_MECHANISMS, type Sasl } from '../security.ts';

/** What a member's process is told, one JSON object a line on its standard input. */
export type MemberOrder =
  /**
   * Creates the consumer, subscribes and polls. Comes once, after `prepared`, with what to tell the
   * brokers by SASL_PLAINTEXT, or null; not in the arguments, which everybody on a machine can read.
   */
  | { readonly type: 'start'; readonly sasl: Sasl | null }
  /** `close()`, then the process ends with code 0. */
  | { readonly type: 'close'; readonly groupMembershipOperation: GroupMembershipOperation }
  | { readonly type: 'stall'; readonly forMs: number }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** `commitSync()`. */
  | { readonly type: 'commit' }
  | { readonly type: 'subscribe'; readonly topics: readonly string[] }
  /** It goes on running without polling, until it subscribes again. */
  | { readonly type: 'unsubscribe' }
  | { readonly type: 'enforceRebalance' }
  /** At once, from another thread than the application's. */
  | { readonly type: 'wakeup' };

type GroupMembershipOperation = 'DEFAULT' | 'LEAVE_GROUP' | 'REMAIN_IN_GROUP';

/** What a member needs to know of itself: its process's only argument, as JSON. */
export interface MemberTask {
  readonly name: string;
  readonly group: string;
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** As in a scenario; what is not said there is not here. */
  readonly work: ScenarioMember['work'];
}

/** The part of it that kafkajs members go by. */
export const memberTask = v.object({
  name: v.string(),
  group: v.string(),
  brokers: v.array(v.string()),
  topics: v.array(v.string()),
  config: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  work: v.object({ perRecordMs: v.number() }),
});

/** The orders that kafkajs members can carry out. */
export const memberOrder = v.variant('type', [
  v.object({
    type: v.literal('start'),
    sasl: v.nullable(
      v.object({
        mechanism: v.picklist(SASL_MECHANISMS),
        username: v.string(),
        password: v.string(),
      }),
    ),
  }),
  v.object({ type: v.literal('close') }),
  v.object({ type: v.literal('stall'), forMs: v.number() }),
  v.object({ type: v.literal('pause') }),
  v.object({ type: v.literal('resume') }),
]);

/** What a process says, one JSON object a line on its standard output. */
export type MemberReport =
  /** Its modules are loaded; it waits for `start`. */
  | { readonly type: 'prepared'; readonly client: string; readonly version: string }
  /** A line for the recording; its time is the wall clock's, in epoch milliseconds. */
  | { readonly type: 'line'; readonly epochMs: number; readonly line: UntimedLine };

/** A line of a recording without time and member, which the parent adds. */
export type UntimedLine = { readonly type: RecordingLine['type'] } & Readonly<
  Record<string, unknown>
>;

export const memberReport = v.variant('type', [
  v.object({ type: v.literal('prepared'), client: v.string(), version: v.string() }),
  v.object({
    type: v.literal('line'),
    epochMs: v.number(),
    line: v.looseObject({ type: v.string() }),
  }),
]);
