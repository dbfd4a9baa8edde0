import {
  BROKER_SETTINGS,
  clientSetting,
  memberOf,
  ownershipOf,
  printPartition,
  rebalancesOf,
  view,
  type Trace,
  type TraceEvent,
  type View,
} from '../../../engine/index.ts';
import { printMs } from '../../views/member-marks.ts';
import type { Facts, Lesson } from '../lesson-type.ts';
import sections from './lesson.md';

/** What a rebalance is: a third member joins, and everybody stops. */
export const lesson: Lesson = {
  number: 1,
  title: 'What a rebalance is',
  sections,
  chapters: {
    quiet: {
      label: 'The group at work',
      find: (trace) =>
        stepOf(trace, (event) => event.kind === 'command' && event.step > stableStep(trace)),
    },
    join: {
      label: 'The newcomer’s first JoinGroup',
      find: (trace) => joinsOfNewcomer(trace)[0]?.step ?? null,
    },
    invite: {
      label: 'The first heartbeat with news',
      find: (trace) => stepOf(trace, isInvitation),
    },
    revoke: {
      label: 'The first member gives up',
      find: (trace) => firstRevoked(trace),
    },
    leader: {
      label: 'The last member has joined',
      find: (trace) =>
        stepOf(
          trace,
          (event) => isLate(trace, event) && isGroupState(event, 'CompletingRebalance'),
        ),
    },
    sync: {
      label: 'The assignment is in',
      find: (trace) =>
        stepOf(trace, (event) => isLate(trace, event) && isGroupState(event, 'Stable')),
    },
    cost: {
      label: 'All have an owner again',
      find: (trace) => settledStep(trace),
    },
  },
  questions: [
    {
      id: 'first-answer',
      section: 'join',
      prompt: 'C3 sends its first JoinGroup. What does the coordinator answer?',
      options: [
        'The partitions that C3 gets',
        'An error, and an id to come back with',
        'Nothing, until all others have joined as well',
      ],
      right: 1,
      answer:
        'MEMBER_ID_REQUIRED with a new id. Only the second JoinGroup makes C3 part of the rebalance: a client that dies in between leaves no ghost in the group.',
    },
    {
      id: 'given-up',
      section: 'revoke',
      prompt: 'C3 will get one partition. How many do C1 and C2 give up for that?',
      options: ['One', 'Two: one each', 'All of them'],
      right: 2,
      answer:
        'All {{partitionCount}}: an eager member lets go of everything before it joins. {{unmovedCount}} of them come back to the very member that had them.',
    },
    {
      id: 'dealt',
      section: 'leader',
      prompt: 'Four partitions, three members, assignor range. Who gets what?',
      options: ['C1: 0; C2: 1, 2; C3: 3', 'C1: 0, 1; C2: 2; C3: 3', 'C1: 0; C2: 1; C3: 2, 3'],
      right: 1,
      answer:
        'Four over three is one each and one left over, and range gives what is left to the first members in the order of their ids: {{assignmentAfter}}.',
    },
  ],
  factsOf,
};

function factsOf(trace: Trace): Facts {
  const facts = new Map<string, string>();
  const rebalances = rebalancesOf(trace);
  const [first] = rebalances;
  const last = rebalances.at(-1);
  if (first === undefined || last === undefined) return facts;
  const before = view(trace, last.fromStep);
  const after = view(trace, last.toStep);
  const idleMs = ownershipOf(trace).map(({ ownerlessMs }) => ownerlessMs);
  const config = trace.scenario.members[0]?.config ?? {};
  facts.set('rebalanceCount', String(rebalances.length));
  facts.set('firstMs', printMs(first.toMs - first.fromMs));
  facts.set('delayMs', printMs(initialDelayMs(trace)));
  facts.set('rebalanceMs', printMs(last.toMs - last.fromMs));
  facts.set('idleShortest', printMs(Math.min(...idleMs)));
  facts.set('idleLongest', printMs(Math.max(...idleMs)));
  facts.set('idleTotal', printMs(idleMs.reduce((sum, ms) => sum + ms, 0)));
  facts.set('partitionCount', String(after.partitions.length));
  facts.set('generationAfter', String(after.coordinator.generationId));
  facts.set('leader', after.coordinator.leader ?? 'nobody');
  facts.set('protocolName', after.coordinator.protocolName ?? 'none');
  facts.set('newcomerJoins', String(joinsOfNewcomer(trace).length));
  facts.set('quietHeartbeats', String(quietHeartbeats(trace, last.fromStep)));
  facts.set('assignmentBefore', printAssignment(before));
  facts.set('assignmentAfter', printAssignment(after));
  facts.set('unmovedCount', String(unmovedCount(before, after)));
  facts.set('noticeMs', printMs(noticeMs(trace)));
  for (const [name, key] of [
    ['heartbeat', 'heartbeat.interval.ms'],
    ['session', 'session.timeout.ms'],
  ] as const) {
    const byDefault = clientSetting(key)?.defaults.java;
    facts.set(`${name}Default`, printMs(Number(byDefault)));
    facts.set(`${name}Ms`, printMs(Number(config[key] ?? byDefault)));
  }
  return facts;
}

function initialDelayMs({ scenario }: Trace): number {
  const key = 'group.initial.rebalance.delay.ms';
  const setting = BROKER_SETTINGS.find((candidate) => candidate.key === key);
  return Number(scenario.broker[key] ?? setting?.default);
}

const stepOf = (trace: Trace, matches: (event: TraceEvent) => boolean): number | null =>
  trace.events.find(matches)?.step ?? null;

const isGroupState = (event: TraceEvent, to: string): boolean =>
  event.kind === 'groupState' && event.to === to;

const stableStep = (trace: Trace): number =>
  stepOf(trace, (event) => isGroupState(event, 'Stable')) ?? 0;

/** In the last rebalance, the one that the lesson is about. */
const isLate = (trace: Trace, event: TraceEvent): boolean =>
  event.step >= (rebalancesOf(trace).at(-1)?.fromStep ?? 0);

const isInvitation = (event: TraceEvent): boolean =>
  event.kind === 'messageSent' &&
  event.message.type === 'HeartbeatResponse' &&
  event.message.errorCode === 'REBALANCE_IN_PROGRESS';

/** kafkajs has no revoked callback; there the moment is when the first partitions are dropped. */
const firstRevoked = (trace: Trace): number | null =>
  stepOf(trace, (event) => event.kind === 'callbackEntered' && event.callback === 'revoked') ??
  stepOf(trace, (event) => event.kind === 'assignmentChanged' && event.dropped.length > 0);

/** When the last member is back at work; a recording does not say it of every member. */
const settledStep = (trace: Trace): number | null =>
  trace.events.findLast(
    (event) => isLate(trace, event) && event.kind === 'memberState' && event.to === 'stable',
  )?.step ??
  rebalancesOf(trace).at(-1)?.toStep ??
  null;

/** JoinGroups of the member that the script starts last. */
function joinsOfNewcomer(trace: Trace): readonly TraceEvent[] {
  const starts = trace.scenario.script.filter((command) => command.do === 'start');
  const newcomer = starts.at(-1);
  return trace.events.filter(
    (event) =>
      event.kind === 'messageSent' &&
      event.message.type === 'JoinGroupRequest' &&
      newcomer?.do === 'start' &&
      memberOf(event.actor) === newcomer.member,
  );
}

/** Heartbeats of the first stable time that were answered without news. */
const quietHeartbeats = (trace: Trace, beforeStep: number): number =>
  trace.events.filter(
    (event) =>
      event.step < beforeStep &&
      event.kind === 'messageSent' &&
      event.message.type === 'HeartbeatResponse' &&
      event.message.errorCode === 'NONE',
  ).length;

/** From the group's first step of the last rebalance until the last member has heard of it. */
function noticeMs(trace: Trace): number {
  const begun = trace.events.find(
    (event) => isLate(trace, event) && isGroupState(event, 'PreparingRebalance'),
  );
  const heard = trace.events.filter((event) => {
    const sent = event.kind === 'messageDelivered' ? trace.events[event.sentStep] : undefined;
    return sent !== undefined && isLate(trace, sent) && isInvitation(sent);
  });
  return (heard.at(-1)?.atMs ?? 0) - (begun?.atMs ?? 0);
}

function printAssignment({ members }: View): string {
  const shown = members
    .filter(({ assignment }) => assignment.length > 0)
    .map(({ name, assignment }) => `${name}: ${assignment.map(printPartition).join(', ')}`);
  return shown.length === 0 ? 'no partitions' : shown.join('; ');
}

const unmovedCount = (before: View, after: View): number =>
  after.partitions.filter(({ owners }, index) => {
    const [owner] = owners;
    return owner !== undefined && before.partitions[index]?.owners.includes(owner) === true;
  }).length;
