import { describe, expect, it } from 'vitest';
import { parseRecording, view, type TapMessage } from '../../../engine/index.ts';
import { TappedGroups } from '../../../server/record/tapped-groups.ts';
import { printRecording } from '../../../server/run/recording-file.ts';
import type { Exchange } from '../../../server/wire/exchange.ts';
import type { PrintedBody } from '../../../server/wire/printed.ts';

/** A group of which exchanges are heard, 10 ms apart. */
class Listening {
  readonly groups = new TappedGroups(null, 1_000);
  readonly told: TapMessage[] = [];
  #nowMs = 1_000;

  hear(
    [clientId, connection]: readonly [string, number],
    api: string,
    request: PrintedBody,
    response: PrintedBody,
  ): void {
    this.#nowMs += 10;
    const times = { startedMs: this.#nowMs, tookMs: 5 };
    const exchange: Exchange = {
      ...{ clientId, api, version: 5, request, response, errors: [] },
      ...times,
    };
    this.told.push(...this.groups.hear({ exchange, connection }));
  }

  join(who: readonly [string, number], memberId: string): void {
    const metadata = { version: 3, topics: ['orders'], userData: null, ownedPartitions: [] };
    this.hear(
      who,
      'JoinGroup',
      {
        ...{ groupId: 'g', sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 60_000, memberId },
        ...{ groupInstanceId: null, protocolType: 'consumer' },
        protocols: [{ name: 'range', metadata }],
      },
      {
        ...{ errorCode: 0, generationId: 1, protocolName: 'range', leader: memberId, memberId },
        members: [{ memberId, groupInstanceId: null, metadata }],
      },
    );
  }

  sync(who: readonly [string, number], memberId: string, assignment: readonly string[]): void {
    this.hear(
      who,
      'SyncGroup',
      {
        ...{ groupId: 'g', generationId: 1, memberId, groupInstanceId: null },
        assignments: [{ memberId, assignment }],
      },
      { errorCode: 0, assignment },
    );
  }

  names(): readonly string[] {
    const recording = this.groups.recording('g', 2_000);
    return recording?.header.scenario.members.map(({ name }) => name) ?? [];
  }
}

describe('TappedGroups', () => {
  it('has no recording before a member joins', () => {
    const listening = new Listening();
    listening.hear(['C1', 1], 'FindCoordinator', { key: 'g' }, { errorCode: 0 });
    expect(listening.groups.recording('g', 2_000)).toBeNull();
  });

  it('deduces a scenario, and its recording is read as a trace', () => {
    const listening = new Listening();
    const software = { clientSoftwareName: 'confluent-kafka-python' };
    listening.hear(['C1', 1], 'ApiVersions', software, {});
    listening.hear(['C1', 1], 'FindCoordinator', { key: 'g' }, { errorCode: 0 });
    const topic = { name: 'orders', topicId: '6zLMX-VkSdOGXsjtaMwgxQ', partitions: [{}, {}] };
    listening.hear(['C1', 1], 'Metadata', {}, { topics: [topic] });
    listening.join(['C1', 2], 'C1-a');
    listening.sync(['C1', 2], 'C1-a', ['orders-0', 'orders-1']);
    const recording = listening.groups.recording('g', 2_000);
    if (recording === null) throw new Error('There is no recording.');
    const trace = parseRecording(printRecording(recording));
    expect(trace.scenario).toMatchObject({
      group: 'g',
      topics: [{ name: 'orders', partitions: 2 }],
      members: [
        {
          name: 'C1',
          client: 'librdkafka',
          topics: ['orders'],
          config: { 'session.timeout.ms': 6_000, 'partition.assignment.strategy': 'range' },
        },
      ],
      script: [],
      untilMs: 1_000,
    });
    expect(recording.header.topicIds).toEqual({ orders: '6zLMX-VkSdOGXsjtaMwgxQ' });
    expect(recording.header.memberIds).toEqual({ C1: ['C1-a'] });
    expect(recording.lines.map((line) => ('member' in line ? line.member : null))).toEqual([
      'C1',
      'C1',
      'C1',
    ]);
    const [member] = view(trace, trace.events.length - 1).members;
    expect(member?.assignment).toEqual([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 1 },
    ]);
  });

  it('tells members apart that run under one client id', () => {
    const listening = new Listening();
    listening.join(['app', 1], 'app-a');
    listening.join(['app', 2], 'app-b');
    listening.join(['app', 1], 'app-a');
    expect(listening.names()).toEqual(['app', 'app.2']);
  });

  it('gives a restarted program the name that it had', () => {
    const listening = new Listening();
    listening.join(['app', 1], 'app-a');
    listening.groups.onClosed(1);
    listening.join(['app', 2], 'app-b');
    expect(listening.names()).toEqual(['app']);
    expect(listening.groups.recording('g', 2_000)?.header.memberIds).toEqual({
      app: ['app-a', 'app-b'],
    });
  });

  it('makes a name of a client id that no member could have', () => {
    const listening = new Listening();
    listening.join(['/my app/', 1], 'x');
    expect(listening.names()).toEqual(['my_app_']);
  });

  it('leaves other groups and groups of other protocols aside', () => {
    const listening = new Listening();
    const connect = { groupId: 'connect', protocolType: 'connect', memberId: '', protocols: [] };
    listening.hear(['w', 1], 'JoinGroup', connect, { errorCode: 0 });
    expect(listening.groups.names).toEqual([]);
    listening.join(['C1', 2], 'C1-a');
    const other = { groupId: 'other', generationId: 1, memberId: 'z' };
    listening.hear(['C9', 3], 'Heartbeat', other, { errorCode: 0 });
    expect(listening.groups.recording('g', 2_000)?.lines).toHaveLength(1);
  });

  it('tells a header again when more is known of the members, and each line once', () => {
    const listening = new Listening();
    listening.join(['C1', 1], 'C1-a');
    listening.sync(['C1', 1], 'C1-a', ['orders-0']);
    listening.join(['C2', 2], 'C2-a');
    const types = listening.told.map((told) => (told.type === 'group' ? told.message.type : ''));
    expect(types).toEqual(['header', 'line', 'line', 'header', 'line']);
  });

  it('takes who makes a member leave by another connection and client id for an admin', () => {
    const listening = new Listening();
    listening.join(['C1', 1], 'C1-a');
    const leave = { groupId: 'g', members: [{ memberId: 'C1-a', reason: 'by an admin' }] };
    listening.hear(['admin', 2], 'LeaveGroup', leave, { errorCode: 0, members: [] });
    listening.hear(['C1', 1], 'LeaveGroup', leave, { errorCode: 0, members: [] });
    const lines = listening.groups.recording('g', 2_000)?.lines ?? [];
    expect(lines.map((line) => ('member' in line ? line.member : ''))).toEqual(['C1', null, 'C1']);
  });
});
