import type { ClientKind, Settings } from '../protocol/config.ts';
import type { GroupId, MemberName } from '../protocol/ids.ts';

export const SCENARIO_FORMAT = 'rebalance-scenario/1';

/** Cast, settings and script of a run: `*.scenario.json`. */
export interface Scenario {
  readonly format: typeof SCENARIO_FORMAT;
  readonly name: string;
  readonly title: string;
  readonly group: GroupId;
  /** Broker settings by Kafka's key; only what differs from the default. */
  readonly broker: Settings;
  readonly topics: readonly ScenarioTopic[];
  readonly members: readonly ScenarioMember[];
  /** In order of `atMs`. */
  readonly script: readonly TimedCommand[];
  readonly untilMs: number;
}

export interface ScenarioTopic {
  readonly name: string;
  readonly partitions: number;
  /**
   * Racks that have a replica, partition by partition; the list starts over where there are more
   * partitions. Missing when the brokers have no racks.
   */
  readonly racks?: readonly (readonly string[])[];
}

export interface ScenarioMember {
  /** Also its `client.id`. */
  readonly name: MemberName;
  readonly client: ClientKind;
  readonly topics: readonly string[];
  /** Client settings by Kafka's key; only what differs from the client's default. */
  readonly config: Settings;
  readonly work: MemberWork;
}

export interface MemberWork {
  readonly perRecordMs: number;
  /** `commitSync()` inside the revoked callback. */
  readonly commitInRevoked: boolean;
}

type MemberCommandName =
  | 'start'
  | 'close'
  | 'crash'
  | 'freeze'
  | 'thaw'
  | 'pause'
  | 'resume'
  | 'commit'
  | 'unsubscribe'
  | 'enforceRebalance'
  | 'removeMember';

/** A command to one member that needs nothing but its name. */
export interface MemberCommand {
  readonly do: MemberCommandName;
  readonly member: MemberName;
}
export interface StallCommand {
  readonly do: 'stall';
  readonly member: MemberName;
  readonly forMs: number;
}
export interface SubscribeCommand {
  readonly do: 'subscribe';
  readonly member: MemberName;
  readonly topics: readonly string[];
}
export interface ProduceCommand {
  readonly do: 'produce';
  readonly topic: string;
  readonly count: number;
  /** Null spreads the records evenly over the topic's partitions. */
  readonly partition: number | null;
}
export interface AddPartitionsCommand {
  readonly do: 'addPartitions';
  readonly topic: string;
  /** How many the topic has afterwards. */
  readonly partitions: number;
}
export interface RestartBrokerCommand {
  readonly do: 'restartBroker';
  readonly downMs: number;
}
export interface MoveCoordinatorCommand {
  readonly do: 'moveCoordinator';
  /** How long the new coordinator reads the group from its log. */
  readonly loadingMs: number;
}

export type Command =
  | MemberCommand
  | StallCommand
  | SubscribeCommand
  | ProduceCommand
  | AddPartitionsCommand
  | RestartBrokerCommand
  | MoveCoordinatorCommand;

/** A command and the time of the run at which it is given. */
export type TimedCommand = Command & { readonly atMs: number };

/** The member a command is for, or null when it is for a topic or the broker. */
export const memberCommanded = (command: Command): MemberName | null =>
  'member' in command ? command.member : null;
