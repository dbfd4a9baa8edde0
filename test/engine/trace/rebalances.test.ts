import { describe, expect, it } from 'vitest';
import { circumstancesOf, ownershipOf, rebalancesOf, simulate } from '../../../engine/index.ts';
import { readCase } from '../../support/recordings.ts';

describe('rebalancesOf', () => {
  it('finds as many in a simulation as in the recording, for the same reasons', () => {
    for (const name of ['eager-join', 'eager-crash', 'eager-leave', 'freeze-past-session']) {
      const { scenario, trace } = readCase(name);
      const say = (found: ReturnType<typeof rebalancesOf>) =>
        found.map(({ generationId, reason }) => `${generationId}: ${reason}`);
      const simulated = rebalancesOf(simulate(scenario, circumstancesOf(trace)));
      expect(say(rebalancesOf(trace)).map(withoutDetails), name).toEqual(
        say(simulated).map(withoutDetails),
      );
    }
  });

  it('ends one with the last assigned callback that belongs to it', () => {
    const trace = simulate(readCase('eager-join').scenario);
    const second = rebalancesOf(trace)[1];
    const assigned = trace.events.filter(
      (event) =>
        event.kind === 'callbackEntered' &&
        event.callback === 'assigned' &&
        event.step > (second?.fromStep ?? 0) &&
        event.step <= (second?.toStep ?? 0),
    );
    expect(assigned).toHaveLength(3);
  });

  it('says of a consumer group what changed it, not whose heartbeat moved its state', () => {
    const trace = simulate(readCase('consumer-protocol-crash').scenario);
    expect(rebalancesOf(trace).map(({ reason }) => reason)).toEqual([
      'C1 joins the group',
      'C2 joins the group',
      'C3 joins the group',
      'C3 was silent for its session timeout',
    ]);
  });
});

/** What a recording tells beyond the simulated coordinator. */
const withoutDetails = (text: string): string =>
  text
    .replace(/ leaves the group.*/, ' leaves')
    .replace(/(?<= timeout) of .*|(?<= group) again.*/, '');

describe('ownershipOf', () => {
  it('has no hole and no overlap in a lane, and ends with the run', () => {
    const trace = simulate(readCase('eager-crash').scenario);
    for (const { spans } of ownershipOf(trace)) {
      expect(spans[0]?.fromMs).toBe(0);
      expect(spans.at(-1)?.toMs).toBe(trace.scenario.untilMs);
      spans.slice(1).forEach((span, index) => {
        expect(span.fromMs).toBe(spans[index]?.toMs);
      });
    }
  });

  it('counts gaps after the first owner only', () => {
    const lanes = ownershipOf(simulate(readCase('eager-join').scenario));
    expect(lanes.every(({ ownerlessMs }) => ownerlessMs > 0 && ownerlessMs < 1_000)).toBe(true);
  });
});
