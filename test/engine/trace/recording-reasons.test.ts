import { describe, expect, it } from 'vitest';
import {
  parseRecording,
  printScenario,
  rebalancesOf,
  why,
  type Rebalance,
  type Trace,
} from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { readCase } from '../../support/recordings.ts';

type Body = Readonly<Record<string, unknown>>;

/** What a tap would record of Java members of one group, in the order in which it is told. */
class Told {
  readonly #lines: object[] = [];
  #atMs = 0;

  hear(member: string | null, api: string, request: Body, response: Body, afterMs = 10): this {
    this.#atMs += afterMs;
    const line = { atMs: this.#atMs, type: 'request', member, api, version: 9, tookMs: 1 };
    this.#lines.push({ ...line, request: { groupId: 'orders-app', ...request }, response });
    return this;
  }

  /** Everybody joins and is given a share. */
  generation(generationId: number, members: readonly string[], asked: Body = {}): this {
    const ids = members.map((name) => ({ memberId: `${name}-id`, metadata: SUBSCRIPTION }));
    for (const name of members) this.join(name, generationId, asked, ids);
    const assignments = members.map((name) => ({ memberId: `${name}-id`, assignment: [] }));
    for (const [index, name] of members.entries()) {
      const shares = index === 0 ? assignments : [];
      const request = { generationId, memberId: `${name}-id`, assignments: shares };
      this.hear(name, 'SyncGroup', request, { errorCode: 0, assignment: [] });
    }
    return this;
  }

  join(name: string, generationId: number, asked: Body, members: readonly Body[]): this {
    const isLeader = members[0]?.['memberId'] === `${name}-id`;
    return this.hear(
      name,
      'JoinGroup',
      {
        ...{ sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 300_000, memberId: `${name}-id` },
        ...{ protocols: [{ name: 'range', metadata: SUBSCRIPTION }], ...asked },
      },
      {
        ...{ errorCode: 0, generationId, protocolName: 'range', memberId: `${name}-id` },
        ...{ leader: members[0]?.['memberId'], members: isLeader ? members : [] },
      },
    );
  }

  heartbeat(name: string, generationId: number, errorCode = 0, afterMs = 1_000): this {
    const request = { generationId, memberId: `${name}-id` };
    return this.hear(name, 'Heartbeat', request, { errorCode }, afterMs);
  }

  leave(member: string | null, name: string, reason: string | null): this {
    const members = [{ memberId: `${name}-id`, groupInstanceId: null, reason }];
    return this.hear(member, 'LeaveGroup', { members }, { errorCode: 0, members: [] });
  }

  get trace(): Trace {
    const scenario = aScenario({ members: ['C1', 'C2'], script: [], untilMs: 60_000 });
    const header = {
      format: 'rebalance-recording/1',
      scenario: printScenario(scenario),
      ...{ kafka: '4.3.1', clients: {}, recordedAt: '2026-11-25T10:00:00Z' },
      ...{ memberIds: {}, topicIds: {} },
    };
    return parseRecording([header, ...this.#lines].map((line) => JSON.stringify(line)).join('\n'));
  }

  /** The rebalance after the first. */
  get second(): Rebalance | undefined {
    return rebalancesOf(this.trace)[1];
  }
}

const SUBSCRIPTION = { topics: ['orders'], userData: null, ownedPartitions: [] };
const IN_PROGRESS = 27;

describe('a recording of a tap', () => {
  const stable = (): Told => new Told().generation(1, ['C1', 'C2']);

  it.each([
    ['the consumer is being closed', 'C2 leaves the group: the consumer is being closed'],
    [
      'consumer poll timeout has expired.',
      'C2 leaves the group: consumer poll timeout has expired (no poll() within max.poll.interval.ms, 300 s)',
    ],
    [null, 'C2 leaves the group, and gives no reason'],
  ])('tells why a member leaves that says %s', (reason, sentence) => {
    expect(stable().leave('C2', 'C2', reason).second).toMatchObject({
      reason: sentence,
      isInferred: false,
    });
  });

  it('tells an admin from a member that leaves', () => {
    expect(stable().leave(null, 'C2', 'member was removed by an admin').second?.reason).toBe(
      'C2 is removed by an admin: member was removed by an admin',
    );
  });

  it('deduces that a silent member was removed, and leads back no further', () => {
    const told = stable();
    for (let count = 0; count < 6; count += 1) told.heartbeat('C1', 1);
    told.heartbeat('C1', 1, IN_PROGRESS);
    expect(told.second).toMatchObject({
      reason:
        'C2 was silent for its session timeout of 6 s: no heartbeat, and no word that it leaves',
      isInferred: true,
    });
    const chain = why(told.trace, told.second?.causeStep ?? 0).map(({ sentence }) => sentence);
    expect(chain.slice(1)).toEqual([
      'Coordinator, about C2: no heartbeat within its session timeout.',
    ]);
  });

  it('deduces that the last member was removed, of which nobody was told', () => {
    const [, second] = rebalancesOf(new Told().generation(1, ['C1']).trace);
    expect(second).toMatchObject({ isInferred: true, generationId: 1 });
    expect(second?.reason).toContain('C1 was silent');
  });

  it.each([
    [
      'cached metadata has changed',
      {},
      'C1 rejoins the group: cached metadata has changed (topics that it reads, or their partitions, are others now)',
    ],
    [
      null,
      {},
      'C1 rejoins the group as its leader, with the same subscription: most likely it has seen other topics or partitions',
    ],
    [
      'subscription has changed',
      { protocols: [{ name: 'range', metadata: { ...SUBSCRIPTION, topics: ['orders', 'a'] } }] },
      'C1 rejoins the group: it subscribes to a, orders instead of orders',
    ],
  ])('tells why a member rejoins that says %s', (reason, asked, sentence) => {
    const told = stable().generation(2, ['C1', 'C2'], { reason, ...asked });
    expect(told.second?.reason).toBe(sentence);
  });

  it('takes a follower that rejoins and is answered at once for no rebalance', () => {
    expect(stable().join('C2', 1, {}, []).second?.reason).not.toContain('C2 rejoins');
  });

  it('tells rebalances apart by the kind of change that began them', () => {
    const causes = (name: string) => rebalancesOf(readCase(name).trace).map(({ cause }) => cause);
    expect(causes('eager-leave')).toEqual(['joined', 'left']);
    expect(causes('eager-crash')).toContain('session-timeout');
    expect(causes('stall-past-max-poll')).toContain('poll-timeout');
    expect(causes('subscribe-change')).toContain('subscription-changed');
    expect(causes('add-partitions')).toContain('topics-changed');
    expect(causes('cooperative-join')).toContain('partitions-revoked');
    expect(causes('consumer-protocol-crash')).toEqual([
      ...['joined', 'joined', 'joined'],
      'session-timeout',
    ]);
    const told = stable().leave(null, 'C2', null);
    expect(told.second?.cause).toBe('removed-by-admin');
    expect(stable().heartbeat('C1', 1, IN_PROGRESS).second?.cause).toBe('unseen');
  });

  it('names a member that does not come through the tap', () => {
    const told = stable().heartbeat('C1', 1, IN_PROGRESS);
    const ids = ['C1-id', 'C2-id', 'other-7'].map((memberId) => ({
      memberId,
      metadata: SUBSCRIPTION,
    }));
    told.join('C1', 2, {}, ids);
    expect(told.second).toMatchObject({
      reason: 'other-7 joins the group, not through the tap',
      isInferred: true,
    });
  });

  it('says what else changed the group meanwhile', () => {
    const { trace } = readCase('eager-join');
    expect(rebalancesOf(trace)[0]?.meanwhile).toEqual(['C2 joins as well']);
  });

  it('tells of a consumer group by its epochs who joined, left and fell silent', () => {
    const reasons = (name: string) =>
      rebalancesOf(readCase(name).trace).map(({ reason }) => reason);
    expect(reasons('consumer-protocol-crash')).toEqual([
      'C1 joins the group',
      'C2 joins the group',
      'C3 joins the group',
      'C3 was silent for its session timeout (group.consumer.session.timeout.ms): no heartbeat for 7 s, and no word that it leaves',
    ]);
    expect(reasons('consumer-protocol-stall').slice(2)).toEqual([
      'C2 leaves the group',
      'C2 joins the group again',
    ]);
  });
});
