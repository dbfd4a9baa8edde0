import { describe, expect, it } from 'vitest';
import { simulate, view, type Trace, type View } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { readCase } from '../../support/recordings.ts';

const EAGER_JOIN = simulate(readCase('eager-join').scenario);

/** The view after the first event that matches. */
function viewAt(trace: Trace, matches: (event: Trace['events'][number]) => boolean): View {
  return view(trace, trace.events.find(matches)?.step ?? -1);
}

describe('view', () => {
  it('shows the whole cast on the first frame', () => {
    const first = view(EAGER_JOIN, 0);
    expect(first.members.map(({ name, process }) => `${name} ${process}`)).toEqual([
      'C1 notStarted',
      'C2 notStarted',
      'C3 notStarted',
    ]);
    expect(first.partitions).toHaveLength(4);
    expect(first.coordinator).toMatchObject({ state: 'Empty', generationId: 0, leader: null });
  });

  it('shows whom the coordinator waits for, and whose request it holds', () => {
    const shown = viewAt(
      EAGER_JOIN,
      (event) => event.kind === 'groupState' && event.reason === 'C3 joins the group',
    );
    expect(shown.coordinator.waitsFor).toEqual(['C1', 'C2']);
    expect(shown.coordinator.members.find(({ name }) => name === 'C3')?.awaits).toBe('join');
  });

  it('shows a message from when it is sent until it arrives', () => {
    const sent = EAGER_JOIN.events.find(({ kind }) => kind === 'messageSent')?.step ?? 0;
    expect(view(EAGER_JOIN, sent).messagesInFlight).toHaveLength(1);
    expect(view(EAGER_JOIN, sent).messagesInFlight[0]?.deliveredAtMs).not.toBeNull();
    const arrived = EAGER_JOIN.events.find(({ kind }) => kind === 'messageDelivered')?.step ?? 0;
    expect(view(EAGER_JOIN, arrived).messagesInFlight).toHaveLength(0);
  });

  it('shows the three clocks of a member that works and polls', () => {
    const last = view(EAGER_JOIN, EAGER_JOIN.events.length - 1);
    const [member] = last.members;
    expect(member?.clocks.heartbeat?.timer).toBe('heartbeat');
    expect(member?.clocks.session?.actor).toBe('coordinator');
    expect(member?.clocks.poll).toBeNull();
  });

  it('measures the time that nobody owns a partition', () => {
    const revoked = EAGER_JOIN.events.find(
      (event) => event.kind === 'assignmentChanged' && event.dropped.length > 0,
    );
    const shown = view(EAGER_JOIN, revoked?.step ?? 0);
    const ownerless = shown.partitions.filter(({ owners }) => owners.length === 0);
    expect(ownerless.map(({ ownerlessSinceMs }) => ownerlessSinceMs)).toEqual([
      revoked?.atMs,
      revoked?.atMs,
    ]);
  });

  it('shows two owners while a frozen member has not heard that it lost its partitions', () => {
    const { scenario } = readCase('freeze-past-session');
    const trace = simulate(scenario);
    const zombie = trace.events
      .map(({ step }) => view(trace, step))
      .find(({ partitions }) => partitions.some(({ owners }) => owners.length > 1));
    expect(zombie?.partitions[2]?.owners).toEqual(['C2', 'C1']);
    expect(zombie?.members[1]?.process).toBe('frozen');
  });

  it('counts what a member is given a second time', () => {
    const { scenario } = readCase('commit-after-crash');
    const trace = simulate(scenario);
    const last = view(trace, trace.events.length - 1);
    expect(last.members.map(({ redeliveredCount }) => redeliveredCount)).toEqual([10, 0]);
  });

  it('takes the timers of a killed process away with it', () => {
    const trace = simulate(
      aScenario({
        script: [
          { atMs: 0, do: 'start', member: 'C1' },
          { atMs: 9_000, do: 'crash', member: 'C1' },
        ],
      }),
    );
    const shown = viewAt(trace, ({ kind }) => kind === 'memberExit');
    expect(shown.timers.filter(({ actor }) => actor === 'member/C1')).toEqual([]);
    expect(shown.members[0]?.process).toBe('crashed');
  });

  it('shows a consumer group by its epochs, and who computed what for which', () => {
    const trace = simulate(readCase('consumer-protocol-join').scenario);
    expect(view(trace, 0).coordinator.groupProtocol).toBe('consumer');
    const joined = viewAt(trace, (event) => event.kind === 'groupEpoch' && event.groupEpoch === 4);
    expect(joined.coordinator).toMatchObject({ generationId: 4, assignmentEpoch: 3 });
    const computed = viewAt(
      trace,
      (event) => event.kind === 'targetAssignment' && event.epoch === 4,
    );
    expect(computed.coordinator).toMatchObject({ assignmentEpoch: 4, protocolName: 'uniform' });
    expect(view(EAGER_JOIN, EAGER_JOIN.events.length - 1).coordinator).toMatchObject({
      groupProtocol: 'classic',
      assignmentEpoch: null,
    });
  });

  it('refuses a step that is not in the trace', () => {
    expect(() => view(EAGER_JOIN, EAGER_JOIN.events.length)).toThrow('is not in the trace');
    expect(() => view(EAGER_JOIN, -1)).toThrow('is not in the trace');
  });
});
