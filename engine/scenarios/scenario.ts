import type { ClientKind, Settings } from '../protocol/config.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { CallbackName } from '../protocol/facts.ts';
import type { GroupId, MemberName } from '../protocol/ids.ts';
import type { ApiName } from '../protocol/messages.ts';

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
  /** From here on for a Java member of a classic group; each may be left out. */
  readonly listenerThrows?: ListenerThrows;
  /** The listener has no onPartitionsLost of its own: Kafka's calls onPartitionsRevoked. */
  readonly lostCallsRevoked?: boolean;
  /** The application commits by itself, besides what enable.auto.commit does. */
  readonly commit?: CommitPolicy;
  /** So many threads process the records, and poll() goes on meanwhile. */
  readonly workers?: number;
  /** Where it has got to is kept outside of Kafka: it seeks there when partitions are assigned. */
  readonly checkpoints?: CheckpointPolicy;
}

/** An exception out of a call of the listener. */
export interface ListenerThrows {
  readonly in: CallbackName;
  /** The first such call of a process, or every one. */
  readonly times: 'once' | 'always';
  /** When poll() throws it, the application closes its consumer and ends, or polls again. */
  readonly then: 'end' | 'pollOn';
}

export interface CommitPolicy {
  readonly how: 'sync' | 'async';
  /** The records of a poll(), or each record; with workers a task, or each record. */
  readonly after: 'poll' | 'record';
}

export interface CheckpointPolicy {
  /** Between two saves; it saves also when partitions are revoked. */
  readonly everyMs: number;
}

type MemberCommandName =
  | 'start'
  | 'crash'
  | 'freeze'
  | 'thaw'
  | 'pause'
  | 'resume'
  | 'commit'
  | 'unsubscribe'
  | 'enforceRebalance'
  | 'wakeup'
  | 'removeMember';

/** A command to one member that needs nothing but its name. */
export interface MemberCommand {
  readonly do: MemberCommandName;
  readonly member: MemberName;
}
export interface CloseCommand {
  readonly do: 'close';
  readonly member: MemberName;
  /** As in Kafka's CloseOptions (KIP-1092); DEFAULT when it is left out. */
  readonly groupMembershipOperation?: GroupMembershipOperation;
}
/** Whether a member that closes leaves its group: if it is dynamic, in any case, or not at all. */
export type GroupMembershipOperation = 'DEFAULT' | 'LEAVE_GROUP' | 'REMAIN_IN_GROUP';
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

/** The member's connections close, and none can be made for so long. */
export interface CutCommand {
  readonly do: 'cut';
  readonly member: MemberName;
  readonly forMs: number;
}
/** Requests that the member sends within `forMs` reach the broker `byMs` later, all or of one API. */
export interface DelayCommand {
  readonly do: 'delay';
  readonly member: MemberName;
  readonly api?: ApiName;
  readonly byMs: number;
  readonly forMs: number;
}
/** From the first such request on a connection nothing passes on it any more. */
export interface DropCommand {
  readonly do: 'drop';
  readonly member: MemberName;
  readonly api?: ApiName;
  readonly forMs: number;
}
/** The next requests of an API are answered with an error in the broker's place. */
export interface AnswerCommand {
  readonly do: 'answer';
  readonly member: MemberName;
  readonly api: ApiName;
  readonly errorCode: ErrorCode;
  readonly count: number;
}
/** What is done to a member's connections, not to the member. */
export type FaultCommand = CutCommand | DelayCommand | DropCommand | AnswerCommand;

export type Command =
  | MemberCommand
  | CloseCommand
  | StallCommand
  | SubscribeCommand
  | ProduceCommand
  | AddPartitionsCommand
  | RestartBrokerCommand
  | MoveCoordinatorCommand
  | FaultCommand;

/** A command and the time of the run at which it is given. */
export type TimedCommand = Command & { readonly atMs: number };

/** The member a command is for, or null when it is for a topic or the broker. */
export const memberCommanded = (command: Command): MemberName | null =>
  'member' in command ? command.member : null;

const FAULTS: readonly Command['do'][] = ['cut', 'delay', 'drop', 'answer'];

export const isFault = <Given extends Command>(command: Given): command is Given & FaultCommand =>
  FAULTS.includes(command.do);
