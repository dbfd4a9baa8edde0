import { describe, expect, it } from 'vitest';
import { brokenInvariants, simulate, type Trace } from '../../engine/index.ts';
import { apiOf, errorCodeIn, isRequest } from '../../engine/protocol/messages.ts';
import { aScenario } from '../support/builders.ts';
import { ofKind } from '../support/events.ts';

const SESSION = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
const JAVA = { client: 'java', config: SESSION };
const CONSUMER = { client: 'java', config: { 'group.protocol': 'consumer' } };
const LIBRDKAFKA = { client: 'librdkafka', config: SESSION };
const KAFKAJS = { client: 'kafkajs', config: SESSION };

interface Kind {
  readonly client: string;
  readonly config: Readonly<Record<string, string | number>>;
}

const MOVE_MS = 20_000;
const started = [
  { atMs: 0, do: 'start', member: 'C1' },
  { atMs: 0, do: 'start', member: 'C2' },
];

function run(kind: Kind, script: readonly Readonly<Record<string, unknown>>[]): Trace {
  const members = ['C1', 'C2', 'C3'];
  const trace = simulate(
    aScenario({ ...kind, members, script: [...started, ...script], untilMs: 50_000 }),
  );
  expect(brokenInvariants(trace)).toEqual([]);
  return trace;
}

const move = (loadingMs: number, atMs = MOVE_MS) => ({ atMs, do: 'moveCoordinator', loadingMs });

/** What members were answered from the move on, each once: `JoinGroup NOT_COORDINATOR`. */
const answersAfter = (trace: Trace): readonly string[] => [
  ...new Set(
    ofKind(trace, 'messageSent')
      .filter(({ atMs, message }) => atMs >= MOVE_MS && !isRequest(message))
      .map(({ message }) => `${apiOf(message)} ${errorCodeIn(message)}`)
      .filter((answer) => !answer.startsWith('Offset')),
  ),
];

const callbacksAfter = (trace: Trace): readonly string[] =>
  ofKind(trace, 'callbackEntered')
    .filter(({ atMs }) => atMs >= MOVE_MS)
    .map(({ callback }) => callback);

const generations = (trace: Trace): readonly number[] =>
  ofKind(trace, 'groupState')
    .filter(({ to }) => to === 'Stable')
    .map(({ generationId }) => generationId);

describe('moveCoordinator', () => {
  it.each([
    ['java', JAVA],
    ['librdkafka', LIBRDKAFKA],
  ])('leaves a settled group of %s members as it is', (_name, kind) => {
    const trace = run(kind, [move(1_000)]);
    expect(answersAfter(trace)).toEqual([
      'Heartbeat NOT_COORDINATOR',
      'FindCoordinator NONE',
      'Heartbeat NONE',
    ]);
    expect(callbacksAfter(trace)).toEqual([]);
    expect(generations(trace)).toEqual([1, 1]);
  });

  it('leaves members of the consumer protocol as they are, once it has loaded the group', () => {
    const trace = run(CONSUMER, [move(3_000)]);
    expect(answersAfter(trace)).toEqual([
      'ConsumerGroupHeartbeat NOT_COORDINATOR',
      'FindCoordinator NONE',
      'ConsumerGroupHeartbeat COORDINATOR_LOAD_IN_PROGRESS',
      'ConsumerGroupHeartbeat NONE',
    ]);
    expect(callbacksAfter(trace)).toEqual([]);
    // They ask again long before the next interval of 5 s.
    const upMs = MOVE_MS + 3_000;
    const taken = ofKind(trace, 'messageSent').filter(
      ({ atMs, message }) =>
        atMs >= MOVE_MS &&
        message.type === 'ConsumerGroupHeartbeatResponse' &&
        message.errorCode === 'NONE',
    );
    expect(taken[0]?.atMs).toBeLessThan(upMs + 200);
  });

  it('makes a group of kafkajs members rebalance, which takes it for one', () => {
    const trace = run(KAFKAJS, [move(500)]);
    expect(generations(trace)).toEqual([1, 1, 2]);
  });

  it.each([
    ['java', JAVA],
    ['librdkafka', LIBRDKAFKA],
  ])(
    'sends away %s members that wait to join; the new one has never heard of one',
    (_name, kind) => {
      const trace = run(kind, [
        { atMs: 15_000, do: 'stall', member: 'C1', forMs: 12_000 },
        { atMs: 15_500, do: 'start', member: 'C3' },
        move(1_000),
      ]);
      expect(answersAfter(trace)).toEqual(
        expect.arrayContaining([
          'JoinGroup NOT_COORDINATOR',
          'JoinGroup COORDINATOR_LOAD_IN_PROGRESS',
          // C3 was a member before, but not in the log.
          'JoinGroup UNKNOWN_MEMBER_ID',
          'JoinGroup MEMBER_ID_REQUIRED',
          'JoinGroup NONE',
        ]),
      );
      expect(generations(trace)).toEqual([1, 1, 2]);
    },
  );

  it('sends away members that wait for the leader’s SyncGroup', () => {
    const trace = run(JAVA, [
      // C2 leads, and does not hear of it.
      { atMs: 5_000, do: 'freeze', member: 'C2' },
      move(500, 8_000),
      { atMs: 12_000, do: 'thaw', member: 'C2' },
    ]);
    const refusal = ofKind(trace, 'messageSent').find(
      ({ message }) => message.type === 'SyncGroupResponse' && message.errorCode !== 'NONE',
    );
    expect([refusal?.atMs, refusal?.to]).toEqual([8_000, 'member/C1']);
    expect(refusal && errorCodeIn(refusal.message)).toBe('NOT_COORDINATOR');
    // The generation was not in the log: the next one is the first again.
    expect(generations(trace)).toContain(1);
  });

  it('takes over from a broker that is down, for good', () => {
    const trace = run(JAVA, [{ atMs: 18_000, do: 'restartBroker', downMs: 9_000 }, move(400)]);
    const changes = ofKind(trace, 'brokerChanged').map(({ state, atMs }) => `${atMs} ${state}`);
    expect(changes).toEqual(['18000 down', '20000 moved', '20000 loading', '20400 up']);
    expect(callbacksAfter(trace)).toEqual([]);
  });

  it('begins to load anew when it moves again before it has loaded', () => {
    const trace = run(JAVA, [move(3_000), move(3_000, MOVE_MS + 1_000)]);
    const ups = ofKind(trace, 'brokerChanged').filter(({ state }) => state === 'up');
    expect(ups.map(({ atMs }) => atMs)).toEqual([MOVE_MS + 4_000]);
  });
});
