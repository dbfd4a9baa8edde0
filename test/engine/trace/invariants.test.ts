import { describe, expect, it } from 'vitest';
import {
  apiOf,
  asGenerationId,
  asMemberId,
  asMemberName,
  brokenInvariants,
  existing,
  memberActor,
  simulate,
  type EventOf,
  type Fact,
  type InvariantName,
  type Trace,
  type TraceEvent,
} from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { strangeMoves } from '../../support/member-moves.ts';

const C1 = memberActor(asMemberName('C1'));
const ORDERS_0 = { topic: 'orders', partition: 0 };
const ORDERS_99 = { topic: 'orders', partition: 99 };

const SCRIPT = [
  { atMs: 0, do: 'start', member: 'C1' },
  { atMs: 5_000, do: 'produce', topic: 'orders', count: 8 },
  { atMs: 8_000, do: 'start', member: 'C2' },
  { atMs: 18_000, do: 'produce', topic: 'orders', count: 8 },
  { atMs: 30_000, do: 'close', member: 'C1' },
];
const CLASSIC = simulate(aScenario({ script: SCRIPT, untilMs: 40_000 }));
const CONSUMERS = simulate(
  aScenario({ config: { 'group.protocol': 'consumer' }, script: SCRIPT, untilMs: 40_000 }),
);

type Break = (trace: Trace) => Trace;
type Change = (event: TraceEvent) => object;

const at = (step: number, change: Change): Break => {
  return (trace) => ({
    ...trace,
    events: trace.events.map((event) =>
      event.step === step ? { ...event, ...change(event) } : event,
    ),
  });
};

/** Changes every event of a kind, or the first or last of them. */
function changing<Kind extends Fact['kind']>(
  kind: Kind,
  which: 'all' | 'first' | 'last',
  change: (event: EventOf<Kind>) => object,
): Break {
  return (trace) => {
    const found = trace.events.filter((event): event is EventOf<Kind> => event.kind === kind);
    const chosen = { all: found, first: found.slice(0, 1), last: found.slice(-1) }[which];
    return chosen.reduce((all, event) => at(event.step, () => change(event))(all), trace);
  };
}

/** Puts something in the place of the end. */
const ending =
  (last: (trace: Trace) => object): Break =>
  (trace) =>
    at(trace.events.length - 1, () => ({ cause: 0, ...last(trace) }))(trace);

const firstOf = (trace: Trace, kind: Fact['kind']): object => {
  const {
    step: _step,
    atMs: _atMs,
    ...rest
  } = existing(
    trace.events.find((event) => event.kind === kind),
    kind,
  );
  return rest;
};

/** The step at which the first message of a type is sent. */
function stepOf(trace: Trace, type: string): number {
  const isOne = (event: TraceEvent): boolean =>
    event.kind === 'messageSent' && event.message.type === type;
  return existing(trace.events.find(isOne), type).step;
}

const removal = (memberId: string): object => ({
  kind: 'groupMember',
  actor: 'coordinator',
  change: 'removed',
  memberId: asMemberId(memberId),
});

/** Two requests of C1 change places on their way. */
const swapArrivals: Break = (trace) => {
  const [first, second] = trace.events.filter((event): event is EventOf<'messageDelivered'> => {
    if (event.kind !== 'messageDelivered') return false;
    const sent = trace.events[event.sentStep];
    // FindCoordinator goes over a connection of its own.
    const isSearch = sent?.kind === 'messageSent' && apiOf(sent.message) === 'FindCoordinator';
    return sent?.actor === C1 && !isSearch;
  });
  const one = existing(first, 'first arrival');
  const other = existing(second, 'second arrival');
  const swapped = at(one.step, () => ({ sentStep: other.sentStep }))(trace);
  return at(other.step, () => ({ sentStep: one.sentStep }))(swapped);
};

const endSessionEarly = ending((trace) => {
  const session = trace.events.findLast(
    (event) => event.kind === 'timerStarted' && event.timer === 'session',
  );
  const { key, step } = existing(session, 'session') as EventOf<'timerStarted'>;
  const lastHeardMs = existing(trace.events[step], 'session').atMs;
  return {
    kind: 'timerFired',
    actor: 'coordinator',
    atMs: lastHeardMs + 1,
    key,
    startedStep: step,
  };
});

const removeWhoIsHeard: Break = (trace) => {
  const asked = trace.events[stepOf(trace, 'HeartbeatRequest')];
  if (asked?.kind !== 'messageSent' || asked.message.type !== 'HeartbeatRequest') return trace;
  const { memberId } = asked.message;
  return at(asked.step + 1, () => removal(memberId ?? ''))(trace);
};

const removeByJoin: Break = (trace) => {
  const events = trace.events.filter((event) => {
    const sent = event.kind === 'messageDelivered' ? trace.events[event.sentStep] : undefined;
    return sent?.kind === 'messageSent' && sent.message.type === 'JoinGroupRequest';
  });
  const { step } = existing(events.at(-1), 'last JoinGroup');
  return at(step + 1, () => ({ ...removal('somebody else'), cause: step }))(trace);
};

/** A run for each promise, and how it is broken there. */
const BROKEN: Readonly<Record<InvariantName, readonly [Trace, Break]>> = {
  'steps count up': [CLASSIC, at(50, () => ({ step: 7 }))],
  'time never goes back': [CLASSIC, at(50, () => ({ atMs: 0 }))],
  'a cause comes before what it brings about': [CLASSIC, at(50, () => ({ cause: 51 }))],
  'only the script is uncaused': [
    CLASSIC,
    changing('memberState', 'first', () => ({ cause: null })),
  ],
  'a request is answered once': [
    CLASSIC,
    ending((trace) => existing(trace.events[stepOf(trace, 'HeartbeatResponse')], '')),
  ],
  'what arrives was under way': [CLASSIC, ending((trace) => firstOf(trace, 'messageDelivered'))],
  'a link keeps its order': [CLASSIC, swapArrivals],
  'only running timers end': [CLASSIC, ending((trace) => firstOf(trace, 'timerFired'))],
  'timers fire on time': [
    CLASSIC,
    changing('timerFired', 'last', ({ atMs }) => ({ atMs: atMs + 1 })),
  ],
  'sessions end by silence only': [CLASSIC, endSessionEarly],
  'generations only grow': [
    CLASSIC,
    changing('groupState', 'last', () => ({ generationId: asGenerationId(0) })),
  ],
  'member epochs only grow': [
    CONSUMERS,
    changing('memberReconciled', 'last', () => ({ memberEpoch: 0 })),
  ],
  'removed members are refused': [CLASSIC, removeWhoIsHeard],
  'other generations are refused': [
    CLASSIC,
    changing('messageSent', 'all', ({ message }) =>
      message.type === 'HeartbeatRequest'
        ? { message: { ...message, generationId: asGenerationId(9) } }
        : {},
    ),
  ],
  'a join waits for everybody': [CLASSIC, removeByJoin],
  'a partition has one owner in a generation': [
    CLASSIC,
    changing('assignmentChanged', 'all', ({ gained }) =>
      gained.length === 0 ? {} : { assignment: [ORDERS_0], gained: [ORDERS_0] },
    ),
  ],
  'a partition has one owner by reconciliation': [
    CONSUMERS,
    changing('memberReconciled', 'all', () => ({ assigned: [ORDERS_0], pendingRevocation: [] })),
  ],
  'an assignment gives no partition twice': [
    CONSUMERS,
    changing('targetAssignment', 'last', ({ assignment }) => ({
      assignment: [...assignment, ...assignment],
    })),
  ],
  'a member polls only what it holds': [
    CLASSIC,
    changing('recordsPolled', 'first', () => ({ partition: ORDERS_99 })),
  ],
  'nobody is past the end of a log': [
    CLASSIC,
    changing('recordsPolled', 'first', () => ({ lastOffset: 1_000 })),
  ],
  'committed offsets never go back': [
    CLASSIC,
    changing('commitAccepted', 'last', ({ offsets }) => ({
      offsets: offsets.map((offset) => ({ ...offset, offset: 0 })),
    })),
  ],
  'a process does nothing after its end': [
    CLASSIC,
    ending(() => ({ kind: 'memberReady', actor: C1 })),
  ],
  'listener calls nest': [
    CLASSIC,
    changing('callbackLeft', 'first', () => ({ kind: 'memberReady' })),
  ],
  'listener calls fit what was told before': [
    CLASSIC,
    changing('callbackEntered', 'last', () => ({ callback: 'revoked', partitions: [ORDERS_99] })),
  ],
  'a group moves as Kafka allows': [
    CLASSIC,
    changing('groupState', 'last', () => ({ from: 'Stable', to: 'CompletingRebalance' })),
  ],
};

describe('brokenInvariants', () => {
  it('finds nothing in a run of either group protocol', () => {
    expect([...brokenInvariants(CLASSIC), ...brokenInvariants(CONSUMERS)]).toEqual([]);
  });

  it.each(Object.entries(BROKEN))('finds that it does not hold: %s', (promise, [trace, spoil]) => {
    expect(brokenInvariants(spoil(trace)).map((broken) => broken.promise)).toContain(promise);
  });

  it('finds a lost callback that leaves out what the listener still has', () => {
    const lost = { callback: 'lost', partitions: [] };
    const spoil = changing('callbackEntered', 'last', () => lost);
    expect(brokenInvariants(spoil(CONSUMERS)).map(({ found }) => found)).toContain('lost 0 of 2');
  });
});

describe('strangeMoves', () => {
  it('finds a move that the machine of a member does not have', () => {
    const spoil = changing('memberState', 'first', () => ({ event: 'LEFT' }));
    expect(strangeMoves(CLASSIC)).toEqual([]);
    expect(strangeMoves(spoil(CLASSIC))).toEqual(['C1: down LEFT starting']);
  });
});
