import type { Trace } from '../events.ts';
import { assignmentsGiveNothingTwice } from './assignments.ts';
import { callbacksFitWhatWasTold, callbacksNest } from './callbacks.ts';
import { generationsOnlyGrow, memberEpochsOnlyGrow } from './epochs.ts';
import { otherGenerationsAreRefused } from './generations.ts';
import { groupsMoveAsKafkaAllows } from './group-states.ts';
import type { Breach, Check } from './invariant.ts';
import { nothingAfterExit } from './lives.ts';
import { joinsWaitForEverybody, removedMembersAreRefused } from './membership.ts';
import { linksKeepTheirOrder, oneAnswerPerRequest, whatArrivesWasUnderWay } from './messages.ts';
import {
  causesComeFirst,
  onlyTheScriptIsUncaused,
  stepsCountUp,
  timeNeverGoesBack,
} from './order.ts';
import { oneOwnerByReconciliation, oneOwnerInAGeneration } from './ownership.ts';
import { commitsNeverGoBack, nothingIsPastTheEnd, pollsOnlyWhatIsHeld } from './records.ts';
import { onlyRunningTimersEnd, sessionsEndBySilenceOnly, timersFireOnTime } from './timers.ts';

/** Every promise of Kafka, or of traces, that is checked, and how. */
const INVARIANTS = {
  'steps count up': stepsCountUp,
  'time never goes back': timeNeverGoesBack,
  'a cause comes before what it brings about': causesComeFirst,
  'only the script is uncaused': onlyTheScriptIsUncaused,
  'a request is answered once': oneAnswerPerRequest,
  'what arrives was under way': whatArrivesWasUnderWay,
  'a link keeps its order': linksKeepTheirOrder,
  'only running timers end': onlyRunningTimersEnd,
  'timers fire on time': timersFireOnTime,
  'sessions end by silence only': sessionsEndBySilenceOnly,
  'generations only grow': generationsOnlyGrow,
  'member epochs only grow': memberEpochsOnlyGrow,
  'removed members are refused': removedMembersAreRefused,
  'other generations are refused': otherGenerationsAreRefused,
  'a join waits for everybody': joinsWaitForEverybody,
  'a partition has one owner in a generation': oneOwnerInAGeneration,
  'a partition has one owner by reconciliation': oneOwnerByReconciliation,
  'an assignment gives no partition twice': assignmentsGiveNothingTwice,
  'a member polls only what it holds': pollsOnlyWhatIsHeld,
  'nobody is past the end of a log': nothingIsPastTheEnd,
  'committed offsets never go back': commitsNeverGoBack,
  'a process does nothing after its end': nothingAfterExit,
  'listener calls nest': callbacksNest,
  'listener calls fit what was told before': callbacksFitWhatWasTold,
  'a group moves as Kafka allows': groupsMoveAsKafkaAllows,
} as const satisfies Readonly<Record<string, Check>>;

export type InvariantName = keyof typeof INVARIANTS;

/** A promise of Kafka, or of traces, that a trace breaks, and where. */
export interface BrokenInvariant extends Breach {
  readonly promise: InvariantName;
}

/** What must hold in every trace; empty when all does. Each takes one pass over the events. */
export function brokenInvariants(trace: Trace): readonly BrokenInvariant[] {
  return Object.entries(INVARIANTS).flatMap(([promise, check]) =>
    check(trace).map((breach) => ({ promise: promise as InvariantName, ...breach })),
  );
}
