import { describe, expect, it } from 'vitest';
import {
  asMemberName,
  brokenInvariants,
  describe as describeStep,
  parseScenario,
  printScenario,
  simulate,
  toMermaid,
  why,
  type Trace,
} from '../../engine/index.ts';
import { apiOf, errorCodeIn } from '../../engine/protocol/messages.ts';
import { aScenario } from '../support/builders.ts';
import { ofKind } from '../support/events.ts';

const FAULT_MS = 20_000;
const SESSION = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
const started = [
  { atMs: 0, do: 'start', member: 'C1' },
  { atMs: 0, do: 'start', member: 'C2' },
];

type Fields = Readonly<Record<string, unknown>>;

function run(faults: readonly Fields[], config: Readonly<Record<string, string>> = {}): Trace {
  const isClassic = config['group.protocol'] === undefined;
  const trace = simulate(
    aScenario({
      members: ['C1', 'C2'],
      config: { ...(isClassic ? SESSION : {}), ...config },
      script: [...started, ...faults.map((fault) => ({ atMs: FAULT_MS, member: 'C1', ...fault }))],
      untilMs: 80_000,
    }),
  );
  expect(brokenInvariants(trace)).toEqual([]);
  return trace;
}

const callbacksAfter = (trace: Trace): readonly string[] =>
  ofKind(trace, 'callbackEntered')
    .filter(({ atMs, actor }) => atMs >= FAULT_MS && actor === 'member/C1')
    .map(({ callback }) => callback);

/** What never reached the coordinator, or its member, and why: `Heartbeat lost`. */
const droppedIn = (trace: Trace): readonly string[] =>
  ofKind(trace, 'messageDropped').map(({ sentStep, reason }) => {
    const sent = trace.events[sentStep];
    return sent?.kind === 'messageSent' ? `${apiOf(sent.message)} ${reason}` : '?';
  });

/** Requests that C1 sent after that time and that were under way for long. */
const lateIn = (trace: Trace, afterMs: number): readonly string[] =>
  ofKind(trace, 'messageDelivered').flatMap(({ atMs, sentStep }) => {
    const sent = trace.events[sentStep];
    if (sent?.kind !== 'messageSent' || sent.actor !== 'member/C1') return [];
    return sent.atMs >= afterMs && atMs - sent.atMs > 100 ? [apiOf(sent.message)] : [];
  });

const heartbeat = (fault: Fields): Fields => ({ api: 'Heartbeat', ...fault });

describe('answer', () => {
  it('gives the next requests of the API that error, and the broker never gets them', () => {
    const trace = run([heartbeat({ do: 'answer', errorCode: 'UNKNOWN_MEMBER_ID', count: 1 })]);
    expect(droppedIn(trace)).toEqual(['Heartbeat intercepted']);
    const answers = ofKind(trace, 'messageSent').filter(
      ({ actor, to }) => actor === 'script' && to === 'member/C1',
    );
    expect(answers.map(({ message }) => errorCodeIn(message))).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(callbacksAfter(trace)).toEqual(['lost', 'assigned']);
  });

  it('is what everything that follows is led back to, and is told in words', () => {
    const trace = run([heartbeat({ do: 'answer', errorCode: 'UNKNOWN_MEMBER_ID' })]);
    const lost = ofKind(trace, 'callbackEntered').find(({ callback }) => callback === 'lost');
    const origin = why(trace, lost?.step ?? -1).at(-1);
    expect(describeStep(trace, origin?.step ?? -1)).toBe(
      'Script: C1’s next Heartbeat is answered UNKNOWN_MEMBER_ID, and the broker does not get it.',
    );
    const diagram = toMermaid(trace, 0, trace.events.length - 1, { mostMessages: 1_000 });
    expect(diagram).toContain('the script answers Heartbeat#58; UNKNOWN_MEMBER_ID');
  });
});

describe('cut', () => {
  it('costs a member of a settled group its connections and nothing else', () => {
    const trace = run([{ do: 'cut' }]);
    expect(callbacksAfter(trace)).toEqual([]);
  });

  it('costs it its partitions when it cannot connect for its session timeout', () => {
    const trace = run([{ do: 'cut', forMs: 9_000 }]);
    expect(droppedIn(trace)).toContain('FindCoordinator linkCut');
    expect(callbacksAfter(trace)).toEqual(['lost', 'assigned']);
  });
});

describe('cut of a kafkajs member', () => {
  const script = (cutMs: number): readonly Fields[] => [
    { atMs: 0, do: 'start', member: 'C1' },
    { atMs: 8_200, do: 'start', member: 'C2' },
    { atMs: cutMs, do: 'cut', member: 'C2' },
  ];
  const idsOfC2 = (cutMs: number): number => {
    const config = { 'session.timeout.ms': 9_000, 'heartbeat.interval.ms': 3_000 };
    const parts = { client: 'kafkajs', config, untilMs: 40_000, script: script(cutMs) } as const;
    return simulate(aScenario(parts)).memberIds.get(asMemberName('C2'))?.length ?? 0;
  };

  it('in its first join makes it begin anew, with another member id', () => {
    expect(idsOfC2(8_500)).toBe(2);
  });

  it('once it has had an assignment leaves it its id', () => {
    expect(idsOfC2(20_000)).toBe(1);
  });
});

describe('drop', () => {
  it('silences the connection, and the member is given up by the coordinator', () => {
    const trace = run([heartbeat({ do: 'drop', forMs: 2_000 })]);
    expect(droppedIn(trace)).toContain('Heartbeat lost');
    const removed = ofKind(trace, 'groupMember').filter(({ change }) => change === 'removed');
    expect(removed.map(({ member }) => member)).toEqual(['C1']);
    expect(callbacksAfter(trace)).toEqual(['lost', 'assigned']);
  });
});

describe('delay', () => {
  it('brings requests later, and so what comes behind them on the connection', () => {
    const trace = run([heartbeat({ do: 'delay', byMs: 1_000, forMs: 2_000 })]);
    const longest = Math.max(
      ...ofKind(trace, 'messageDelivered').map(
        ({ atMs, sentStep }) => atMs - (trace.events[sentStep]?.atMs ?? 0),
      ),
    );
    expect(longest).toBeGreaterThanOrEqual(1_001);
    expect(callbacksAfter(trace)).toEqual([]);
  });

  const lateHeartbeat = heartbeat({ do: 'delay', byMs: 4_000, forMs: 1_500 });
  const afterThatMs = FAULT_MS + 1_600;

  it('does not hold back FindCoordinator, which goes over another connection', () => {
    const unknown = { do: 'answer', api: 'OffsetCommit', errorCode: 'NOT_COORDINATOR' };
    const trace = run([lateHeartbeat, unknown, { do: 'commit', atMs: afterThatMs }]);
    expect(lateIn(trace, afterThatMs)).not.toContain('FindCoordinator');
  });

  it('ends with its connection: on a new one nothing waits behind what was late', () => {
    const trace = run([lateHeartbeat, { do: 'cut', atMs: afterThatMs }]);
    expect(lateIn(trace, afterThatMs)).toEqual([]);
  });
});

describe('a fault in a scenario', () => {
  const withScript = (entry: Fields): unknown => ({
    ...printScenario(aScenario({ members: ['C1'] })),
    script: [entry],
  });

  it('may be there before its member is started', () => {
    const answer = { atMs: 0, do: 'answer', member: 'C1', api: 'JoinGroup' };
    const { script } = parseScenario(withScript({ ...answer, errorCode: 'REQUEST_TIMED_OUT' }));
    expect(script).toEqual([{ ...answer, errorCode: 'REQUEST_TIMED_OUT', count: 1 }]);
  });

  it.each([
    [{ do: 'drop', api: 'Produce', forMs: 1 }, '$.script[0].api is "Produce", expected an API of'],
    [{ do: 'answer', api: 'Heartbeat', errorCode: 'NONE' }, '$.script[0].errorCode is "NONE"'],
    [{ do: 'cut', member: 'C9' }, '$.script[0].member is "C9", which is not a member'],
  ])('is refused when it is %j', (fault, problem) => {
    expect(() => parseScenario(withScript({ atMs: 0, member: 'C1', ...fault }))).toThrow(problem);
  });
});
