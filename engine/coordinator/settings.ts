/** Broker settings that classic groups go by. */
export interface ClassicGroupSettings {
  readonly initialRebalanceDelayMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxSize: number;
}

/** Which way a group may change its protocol while it has members. */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled';

/** Broker settings that groups of the consumer protocol go by: `group.consumer.*`. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  /** From the end of one computation of a target to the next. */
  readonly assignmentIntervalMs: number;
  /** Names; the first is the default. */
  readonly assignors: readonly string[];
  readonly migrationPolicy: MigrationPolicy;
}

export interface CoordinatorSettings extends ClassicGroupSettings {
  readonly consumer: ConsumerGroupSettings;
}
