/**
 * The only door to the engine: what the site, the server and other programs may use.
 */
export { PlaygroundError, type ProblemCode } from './errors.ts';
export { assert, existing, unreachable } from './assert.ts';
export { parseJson } from './parsing.ts';

export {
  asGenerationId,
  asGroupId,
  asGroupInstanceId,
  asMemberId,
  asMemberName,
  memberActor,
  memberOf,
  type ActorId,
  type GenerationId,
  type GroupId,
  type GroupInstanceId,
  type MemberId,
  type MemberName,
} from './protocol/ids.ts';
export {
  comparePartitions,
  printPartition,
  readPartition,
  sortPartitions,
  type PartitionOffset,
  type TopicPartition,
} from './protocol/partitions.ts';
export { isVersionBefore } from './protocol/kafka-version.ts';
export { ERROR_NUMBERS, errorCodeOf, type ErrorCode } from './protocol/error-codes.ts';
export {
  GROUP_STATES,
  REBALANCE_CAUSES,
  type CallbackName,
  type GroupState,
  type RebalanceCause,
} from './protocol/facts.ts';
export {
  apiOf,
  errorCodeIn,
  isRequest,
  API_NAMES,
  type ApiName,
  type GroupMessage,
} from './protocol/messages.ts';
export {
  BROKER_SETTINGS,
  CLIENT_KINDS,
  CLIENT_SETTINGS,
  clientSetting,
  hasSetting,
  type ClientKind,
  type Setting,
  type Settings,
} from './protocol/config.ts';

export {
  SCENARIO_FORMAT,
  isFault,
  memberCommanded,
  type Command,
  type Scenario,
  type ScenarioMember,
  type TimedCommand,
} from './scenarios/scenario.ts';
export { brokerSettingOf } from './scenarios/broker-settings.ts';
export { brokerProblem } from './scenarios/check-broker.ts';
export { parseScenario } from './scenarios/parse-scenario.ts';
export { printScenario } from './scenarios/print-scenario.ts';
export { Faults, type Fate } from './scenarios/faults.ts';
export { groupProtocolOf } from './scenarios/member-settings.ts';
export { withClient } from './scenarios/with-client.ts';
export { clientCannot } from './scenarios/simulated.ts';
export { SCENARIOS } from './scenarios/index.ts';

export {
  TRACE_FORMAT,
  circumstancesOf,
  type EventOf,
  type Fact,
  type TimerKind,
  type Trace,
  type TraceEvent,
} from './trace/events.ts';
export type * from './trace/view-types.ts';
export { view } from './trace/view.ts';
export { describe, describeMessage } from './trace/describe.ts';
export { RINGING_CLOCKS, hasNews } from './trace/news.ts';
export { why, type Link } from './trace/why.ts';
export {
  brokenInvariants,
  type BrokenInvariant,
  type InvariantName,
} from './trace/invariants/index.ts';
export { ownershipOf, type OwnershipLane, type OwnershipSpan } from './trace/ownership.ts';
export { deliveriesOf, type PartitionDeliveries } from './trace/deliveries.ts';
export { rebalancesOf, type Rebalance } from './trace/rebalances.ts';
export {
  POLL_MS,
  countedBy,
  describePoll,
  describePolls,
  polledGenerations,
  polledStates,
  type GenerationSpan,
  type GroupPoll,
  type StateSpan,
} from './trace/polls.ts';
export { toMermaid, type MermaidOptions } from './trace/mermaid.ts';
export { outcomeOf } from './trace/outcome.ts';
export type { Outcome } from './trace/outcome-types.ts';
export {
  alignTraces,
  partingOf,
  type AlignedRow,
  type MemberAlignment,
  type Parting,
  type RowMark,
} from './trace/align.ts';
export { ROW_MARKS, sideBySide, type SideBySideLine } from './trace/side-by-side.ts';
export type { MemberStep } from './trace/member-steps.ts';
export {
  compareOutcomes,
  compareTraces,
  sidesOf,
  type Difference,
  type Verdict,
} from './trace/compare.ts';
export { parseOutcome, parseTrace, printTrace } from './trace/parse.ts';
export { RECORDING_FORMAT } from './trace/recording-types.ts';
export type { RecordedRequest, RecordingHeader, RecordingLine } from './trace/recording-types.ts';
export type {
  BridgeStatus,
  LiveMessage,
  OpenTap,
  RunStarted,
  StartRun,
  StartTap,
  TapMessage,
  TapStarted,
} from './trace/live-run.ts';
export {
  parseBridgeStatus,
  parseLiveMessage,
  parseRunStarted,
  parseStartRun,
  parseStartTap,
  parseTapMessage,
  parseTapStarted,
  readRefusal,
} from './trace/parse-live-run.ts';
export { LARGEST_RECORDING_BYTES, printMegabytes } from './trace/recording-limit.ts';
export { parseRecording } from './trace/recording.ts';
export { traceOfRecording } from './trace/recording-trace.ts';
export { LinesWithNews } from './trace/lines-with-news.ts';
export { milestonesOf, timeRanges, type Milestone, type TimeRange } from './trace/milestones.ts';
export { settlingTimes, type SettlingTime } from './trace/settling.ts';
export { describeMachine, type MachineGraph } from './consumer/describe-machine.ts';
export { assignLine, printAssignment } from './assignors/assign-line.ts';
export { compareRuns, differencesByCircumstances } from './compare-runs.ts';
export { simulate, type SimulateOptions } from './simulate.ts';
