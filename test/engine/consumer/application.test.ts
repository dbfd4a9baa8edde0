import { describe, expect, it } from 'vitest';
import {
  brokenInvariants,
  deliveriesOf,
  describe as say,
  outcomeOf,
  parseScenario,
  printScenario,
  simulate,
  view,
  withClient,
  type EventOf,
  type Fact,
  type Trace,
} from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';

const ofKind = <Kind extends Fact['kind']>(trace: Trace, kind: Kind): readonly EventOf<Kind>[] =>
  trace.events.filter((event): event is EventOf<Kind> => event.kind === kind);

const start = (member: string, atMs = 0) => ({ atMs, do: 'start', member });
const produce = (atMs: number, count: number) => ({ atMs, do: 'produce', topic: 'orders', count });
const EAGER = { 'partition.assignment.strategy': 'range' };
const COOPERATIVE = { 'partition.assignment.strategy': 'cooperative-sticky' };

type Parts = NonNullable<Parameters<typeof aScenario>[0]>;

/** Two partitions; sessions of six seconds; no promise of Kafka may break. */
function play({ config = {}, ...parts }: Parts): Trace {
  const timeouts = { 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 1_500 };
  const trace = simulate(
    aScenario({ partitions: 2, untilMs: 30_000, ...parts, config: { ...timeouts, ...config } }),
  );
  expect(brokenInvariants(trace)).toEqual([]);
  return trace;
}

/** What befell a member's application: its listener's calls, errors, its end. */
const storyOf = ({ events }: Trace, name: string): readonly string[] =>
  events
    .filter(({ actor }) => actor === `member/${name}`)
    .flatMap((event) => {
      switch (event.kind) {
        case 'callbackEntered':
          return [`${event.callback} ${event.partitions.map(({ partition }) => partition).join()}`];
        case 'callbackThrew':
          return ['throws'];
        case 'memberError':
          return [event.exception];
        case 'memberExit':
          return [`exit ${event.code ?? ''}`];
        case 'messageSent':
          return event.message.type === 'LeaveGroupRequest' ? ['leaves'] : [];
        default:
          return [];
      }
    });

describe('a listener that throws', () => {
  const script = [start('C1'), start('C2', 8_000)];
  const throwing = (config: Parts['config'], listenerThrows: object): Trace =>
    play({ config: config ?? {}, work: { listenerThrows }, script });

  it('out of assigned is called again in the next poll(), for nothing', () => {
    const trace = throwing(EAGER, { in: 'assigned', then: 'pollOn' });
    expect(storyOf(trace, 'C1').slice(0, 4)).toEqual([
      'assigned 0,1',
      'throws',
      'KafkaException',
      'assigned ',
    ]);
    expect(outcomeOf(trace).final).toEqual({ C1: ['orders-0'], C2: ['orders-1'] });
  });

  it('out of revoked is not called again: the next poll() joins', () => {
    const trace = throwing(EAGER, { in: 'revoked', then: 'pollOn' });
    expect(storyOf(trace, 'C1')).toEqual([
      'assigned 0,1',
      'revoked 0,1',
      'throws',
      'KafkaException',
      'assigned 0',
    ]);
  });

  it('out of a cooperative revoked hears assigned before poll() throws, and after', () => {
    const trace = throwing(COOPERATIVE, { in: 'revoked', then: 'pollOn' });
    const story = storyOf(trace, 'C1');
    expect(story.slice(1, 6)).toEqual([
      'revoked 1',
      'throws',
      'assigned ',
      'KafkaException',
      'assigned ',
    ]);
    expect(outcomeOf(trace).final).toEqual({ C1: ['orders-0'], C2: ['orders-1'] });
  });

  it('ends its application unless it is told to poll on: close() calls revoked, and leaves', () => {
    expect(storyOf(throwing(EAGER, { in: 'assigned' }), 'C1')).toEqual([
      'assigned 0,1',
      'throws',
      'KafkaException',
      'revoked 0,1',
      'leaves',
      'exit 1',
    ]);
  });

  it('whenever it is assigned never gets to its records, and holds up the group', () => {
    const trace = throwing(EAGER, { in: 'assigned', times: 'always', then: 'pollOn' });
    expect(ofKind(trace, 'positionsSet')).toEqual([]);
    expect(storyOf(trace, 'C2')).toEqual([]);
  });

  it('in close() keeps it from leaving the group', () => {
    const trace = play({
      config: EAGER,
      work: { listenerThrows: { in: 'revoked' } },
      members: ['C1'],
      script: [start('C1'), { atMs: 8_000, do: 'close', member: 'C1' }],
    });
    const story = storyOf(trace, 'C1').slice(1);
    expect(story).toEqual(['revoked 0,1', 'throws', 'KafkaException', 'exit 1']);
    const removed = ofKind(trace, 'groupMember').filter(({ change }) => change === 'removed');
    expect(removed[0]?.atMs).toBeGreaterThan(12_000);
  });

  it('in unsubscribe() ends its application, which is a member still', () => {
    const trace = play({
      config: EAGER,
      work: { listenerThrows: { in: 'revoked', then: 'pollOn' } },
      members: ['C1'],
      script: [start('C1'), { atMs: 8_000, do: 'unsubscribe', member: 'C1' }],
    });
    const story = storyOf(trace, 'C1').slice(1);
    expect(story).toEqual(['revoked 0,1', 'throws', 'KafkaException', 'leaves', 'exit 1']);
  });
});

describe('a listener without onPartitionsLost', () => {
  it('runs its onPartitionsRevoked instead, whose commit is refused', () => {
    const story = (lostCallsRevoked: boolean): readonly string[] =>
      storyOf(
        play({
          config: { ...EAGER, 'max.poll.interval.ms': 5_000, 'enable.auto.commit': false },
          work: { commitInRevoked: true, lostCallsRevoked },
          members: ['C1'],
          script: [start('C1'), { atMs: 8_000, do: 'stall', member: 'C1', forMs: 9_000 }],
        }),
        'C1',
      ).slice(1);
    expect(story(true)).toEqual(['leaves', 'lost 0,1', 'CommitFailedException', 'assigned 0,1']);
    expect(story(false)).toEqual(['leaves', 'lost 0,1', 'assigned 0,1']);
  });
});

describe('an application that commits by itself', () => {
  const OWN = { ...EAGER, 'enable.auto.commit': false };
  const script = [start('C1'), produce(8_000, 8), start('C2', 9_000)];

  it('after each record leaves at most one of them to be processed again', () => {
    const crash = { atMs: 9_700, do: 'crash', member: 'C1' };
    const again = (commit: object): number =>
      deliveriesOf(
        play({ config: OWN, work: { perRecordMs: 500, commit }, script: [...script, crash] }),
      )
        .flatMap(({ reprocessed }) => reprocessed)
        .reduce((sum, { first, last }) => sum + last - first + 1, 0);
    expect(again({ how: 'sync', after: 'record' })).toBe(0);
    expect(again({ how: 'async', after: 'record' })).toBe(0);
    const poll = play({
      config: OWN,
      work: { perRecordMs: 500, commit: { how: 'sync', after: 'poll' } },
      script: [...script, crash],
    });
    expect(ofKind(poll, 'commitAccepted').filter(({ member }) => member === 'C1')).toEqual([]);
  });

  it('waits for commitSync(), but not for commitAsync(), before it goes on', () => {
    const at = (how: string): readonly number[] =>
      ofKind(
        play({
          config: OWN,
          members: ['C1'],
          work: { perRecordMs: 500, commit: { how, after: 'record' } },
          script: script.slice(0, 2),
        }),
        'recordsProcessed',
      ).map(({ atMs }) => atMs);
    const [first = 0, second = 0] = at('async');
    expect(second - first).toBe(500);
    const [before = 0, after = 0] = at('sync');
    expect(after - before).toBeGreaterThan(500);
  });

  it('tries a commitSync() again with the offsets that it was made with', () => {
    const trace = play({
      config: OWN,
      members: ['C1'],
      work: { perRecordMs: 100, commit: { how: 'sync', after: 'record' } },
      script: [
        start('C1'),
        { ...produce(8_000, 5), partition: 0 },
        { atMs: 8_150, do: 'restartBroker', downMs: 1_000 },
      ],
    });
    const offsets = ofKind(trace, 'commitAccepted').map((event) => event.offsets[0]?.offset);
    expect(offsets).toEqual([1, 2, 3, 4, 5]);
  });

  it('hears in its callback that a commitAsync() was refused, in the next poll()', () => {
    const trace = play({
      config: { ...OWN, 'max.poll.interval.ms': 5_000 },
      members: ['C1'],
      work: { perRecordMs: 1_500, commit: { how: 'async', after: 'record' } },
      script: script.slice(0, 2),
    });
    const story = storyOf(trace, 'C1');
    const refused = story.filter((each) => each === 'CommitFailedException');
    expect(refused.length).toBeGreaterThan(0);
    // Buffered records are processed on after the group has gone on; poll() comes then.
    expect(story.indexOf('leaves')).toBeLessThan(story.indexOf('CommitFailedException'));
  });

  it('is refused locally between JoinGroup and SyncGroup', () => {
    const trace = play({
      config: { ...COOPERATIVE, 'enable.auto.commit': false, 'max.poll.records': 2 },
      work: { perRecordMs: 400, commit: { how: 'sync', after: 'record' } },
      script: [start('C1'), start('C2', 100), produce(8_000, 60), start('C3', 9_000)],
      members: ['C1', 'C2', 'C3'],
      untilMs: 40_000,
    });
    expect(storyOf(trace, 'C1')).toContain('RebalanceInProgressException');
  });
});

describe('wakeup()', () => {
  it('throws out of the poll() that the application is in, or out of its next one', () => {
    const trace = play({
      members: ['C1'],
      script: [
        start('C1'),
        { atMs: 8_000, do: 'wakeup', member: 'C1' },
        { atMs: 9_000, do: 'stall', member: 'C1', forMs: 3_000 },
        { atMs: 10_000, do: 'wakeup', member: 'C1' },
      ],
    });
    const errors = ofKind(trace, 'memberError');
    expect(errors.map(({ exception }) => exception)).toEqual([
      'WakeupException',
      'WakeupException',
    ]);
    expect(errors.map(({ atMs }) => atMs)).toEqual([8_000, 12_000]);
  });

  it('leaves a join that is under way as it is', () => {
    const trace = play({
      members: ['C1'],
      script: [start('C1'), { atMs: 2_000, do: 'wakeup', member: 'C1' }],
    });
    expect(storyOf(trace, 'C1')).toEqual(['WakeupException', 'assigned 0,1']);
    const joins = ofKind(trace, 'messageSent').filter(
      ({ message }) => message.type === 'JoinGroupRequest',
    );
    expect(joins).toHaveLength(2);
  });
});

describe('close() with a groupMembershipOperation', () => {
  it.each([
    ['DEFAULT', false, true],
    ['DEFAULT', true, false],
    ['LEAVE_GROUP', true, true],
    ['REMAIN_IN_GROUP', false, false],
  ])('%s, of a static member: %s, leaves the group: %s', (operation, isStatic, leaves) => {
    const trace = play({
      members: ['C1'],
      config: isStatic ? { 'group.instance.id': 'i1' } : {},
      script: [
        start('C1'),
        { atMs: 8_000, do: 'close', member: 'C1', groupMembershipOperation: operation },
      ],
    });
    expect(storyOf(trace, 'C1').includes('leaves')).toBe(leaves);
    expect(storyOf(trace, 'C1')).toContain('revoked 0,1');
  });
});

describe('an application with worker threads', () => {
  const OWN = { ...EAGER, 'enable.auto.commit': false, 'max.poll.interval.ms': 5_000 };
  const script = [start('C1'), produce(8_000, 20), start('C2', 9_000)];

  it('polls on while they process, so it rejoins at once and is never taken for stuck', () => {
    const stories = [0, 2].map((workers) => {
      const work = { perRecordMs: 700, ...(workers > 0 ? { workers } : {}) };
      return storyOf(play({ config: OWN, work, script, untilMs: 20_000 }), 'C1');
    });
    expect(stories[0]).toContain('leaves');
    expect(stories[1]).not.toContain('leaves');
  });

  it('commits in revoked what they have processed: nothing is done twice, nothing is left out', () => {
    const work = { perRecordMs: 300, workers: 2, commitInRevoked: true };
    const found = deliveriesOf(play({ config: OWN, work, script }));
    expect(
      found.flatMap(({ reprocessed, unprocessed }) => [...reprocessed, ...unprocessed]),
    ).toEqual([]);
    expect(found.map(({ processed }) => processed)).toEqual([
      [{ first: 0, last: 9 }],
      [{ first: 0, last: 9 }],
    ]);
    // The rest of what was polled came again, to be processed for the first time.
    expect(found.some(({ redelivered }) => redelivered.length > 0)).toBe(true);
  });

  it('processes again what it has not committed when it is told to give up', () => {
    const found = deliveriesOf(
      play({ config: OWN, work: { perRecordMs: 300, workers: 2 }, script }),
    );
    expect(found.flatMap(({ reprocessed }) => reprocessed).length).toBeGreaterThan(0);
  });

  it('loses records with auto commit, which commits what is polled and not yet processed', () => {
    const found = deliveriesOf(
      play({
        config: { ...EAGER, 'auto.commit.interval.ms': 1_000 },
        work: { perRecordMs: 700, workers: 2 },
        script: [
          start('C1'),
          produce(8_000, 20),
          { atMs: 11_000, do: 'crash', member: 'C1' },
          start('C2', 11_000),
        ],
      }),
    );
    expect(found.map(({ skipped }) => skipped)).toEqual([[], []]);
    expect(found.every(({ unprocessed }) => unprocessed.length > 0)).toBe(true);
  });
});

describe('an application that keeps its positions outside of Kafka', () => {
  const script = [
    start('C1'),
    produce(8_000, 20),
    { atMs: 13_000, do: 'crash', member: 'C1' },
    start('C2', 9_000),
  ];

  it('seeks to them when it is assigned partitions, whatever the group has committed', () => {
    const trace = play({
      config: { ...EAGER, 'enable.auto.commit': false },
      work: { perRecordMs: 100, checkpoints: { everyMs: 1_000 } },
      script,
    });
    expect(ofKind(trace, 'commitAccepted')).toEqual([]);
    const last = ofKind(trace, 'positionsSet').at(-1);
    expect(last?.positions.map(({ offset }) => offset)).toContain(10);
    const found = deliveriesOf(trace);
    expect(found.map(({ processed }) => processed)).toEqual([
      [{ first: 0, last: 9 }],
      [{ first: 0, last: 9 }],
    ]);
    expect(found.flatMap(({ unprocessed }) => unprocessed)).toEqual([]);
  });

  it('processes again what came after the last save of a member that was killed', () => {
    const trace = play({
      config: { ...EAGER, 'enable.auto.commit': false },
      work: { perRecordMs: 100, checkpoints: { everyMs: 60_000 } },
      script,
      members: ['C1', 'C2'],
    });
    const saves = ofKind(trace, 'checkpointsSaved');
    expect(saves.length).toBeGreaterThan(0);
    expect(say(trace, saves[0]?.step ?? 0)).toContain('saves outside of Kafka');
  });
});

describe('view', () => {
  it('shows position, committed offset, end and lag of each partition', () => {
    const trace = play({
      members: ['C1'],
      config: { ...EAGER, 'max.poll.records': 4 },
      work: { perRecordMs: 1_000 },
      script: [start('C1'), { ...produce(8_000, 10), partition: 0 }],
      untilMs: 10_000,
    });
    const [first] = view(trace, trace.events.length - 1).partitions;
    expect(first).toMatchObject({
      committedOffset: null,
      position: 4,
      endOffset: 10,
      lag: null,
      positionLag: 6,
    });
  });
});

describe('the heartbeat thread', () => {
  it('is told from the application in events and in sentences', () => {
    const trace = play({
      members: ['C1'],
      config: { ...EAGER, 'max.poll.interval.ms': 5_000 },
      script: [start('C1'), { atMs: 8_000, do: 'stall', member: 'C1', forMs: 9_000 }],
    });
    const sent = ofKind(trace, 'messageSent').filter(({ actor }) => actor === 'member/C1');
    const threads = new Map(sent.map(({ message, thread }) => [message.type, thread ?? null]));
    expect(threads.get('HeartbeatRequest')).toBe('heartbeat');
    expect(threads.get('LeaveGroupRequest')).toBe('heartbeat');
    expect(threads.get('JoinGroupRequest')).toBeNull();
    const leave = sent.find(({ message }) => message.type === 'LeaveGroupRequest');
    expect(say(trace, leave?.step ?? 0)).toBe('C1’s heartbeat thread sends LeaveGroup.');
  });
});

describe('parseScenario', () => {
  const withWork = (client: string, work: object) => () =>
    simulate(aScenario({ client, config: {}, work: { ...work } }));

  it('takes what it prints, with the ways to work that it was given', () => {
    const work = {
      perRecordMs: 1,
      commit: { how: 'async' },
      workers: 2,
      listenerThrows: { in: 'lost' },
    };
    const scenario = aScenario({ work });
    expect(parseScenario(printScenario(scenario))).toEqual(scenario);
    expect(scenario.members[0]?.work).toMatchObject({
      commit: { how: 'async', after: 'poll' },
      listenerThrows: { in: 'lost', times: 'once', then: 'end' },
    });
    expect(aScenario().members[0]?.work).toEqual({ perRecordMs: 0, commitInRevoked: false });
  });

  it('leaves them out for another client, and says so', () => {
    const scenario = aScenario({ members: ['C1'], config: {}, work: { workers: 2 } });
    const { scenario: other, leftOut } = withClient(scenario, 'kafkajs');
    expect(other.members[0]?.work).toEqual({ perRecordMs: 0, commitInRevoked: false });
    expect(leftOut).toEqual(['C1: work.workers']);
  });

  it.each([
    ['librdkafka', { workers: 2 }],
    ['kafkajs', { commit: { how: 'sync' } }],
  ])('keeps from a member of %s what only Java’s is simulated with', (client, work) => {
    expect(withWork(client, work)).toThrow(/is a way to work which is simulated for java/);
  });
});
