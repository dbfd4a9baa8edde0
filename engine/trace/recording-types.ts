import type { Scenario } from '../scenarios/scenario.ts';
import type { CallbackName } from '../protocol/facts.ts';

export const RECORDING_FORMAT = 'rebalance-recording/1';

/** The first line of a `*.recording.jsonl`: what ran, and the ids it happened to get. */
export interface RecordingHeader {
  readonly format: typeof RECORDING_FORMAT;
  readonly scenario: Scenario;
  /** Broker version. */
  readonly kafka: string;
  readonly clients: Readonly<Record<string, string>>;
  /** When it was made, ISO 8601. */
  readonly recordedAt: string;
  readonly memberIds: Readonly<Record<string, readonly string[]>>;
  readonly topicIds: Readonly<Record<string, string>>;
}

/** Every other line; bodies are as in Kafka's own request log, subscriptions and assignments decoded. */
export type RecordingLine =
  | ({ readonly atMs: number; readonly type: 'command'; readonly do: string } & Readonly<
      Record<string, unknown>
    >)
  | { readonly atMs: number; readonly type: 'ready'; readonly member: string }
  | RecordedRequest
  | {
      readonly atMs: number;
      readonly type: 'callback';
      readonly member: string;
      readonly callback: CallbackName;
      readonly partitions: readonly string[];
    }
  | {
      readonly atMs: number;
      readonly type: 'records';
      readonly member: string;
      readonly partition: string;
      readonly firstOffset: number;
      readonly lastOffset: number;
    }
  | {
      readonly atMs: number;
      readonly type: 'committed';
      readonly member: string;
      readonly offsets: Readonly<Record<string, number>>;
      readonly how: 'auto' | 'sync';
    }
  | {
      readonly atMs: number;
      readonly type: 'error';
      readonly member: string;
      readonly exception: string;
      readonly message: string;
    }
  | {
      readonly atMs: number;
      readonly type: 'exit';
      readonly member: string;
      /** Null when a signal ended it. */
      readonly code: number | null;
    };

export interface RecordedRequest {
  /** When the broker answered. */
  readonly atMs: number;
  readonly type: 'request';
  readonly member: string | null;
  readonly api: string;
  readonly version: number;
  /** How long the broker held the answer. */
  readonly tookMs: number;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
  /** Error codes in the response by name; absent when none. */
  readonly errors?: readonly string[];
}
