import { describe, expect, it } from 'vitest';
import { describeMachine, simulate, view } from '../../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';
import { aScenario } from '../../support/builders.ts';

const machine = describeMachine('classic');
const STATES = new Set(machine.states.map(({ id }) => id));

/** Moves that the machine allows from any state, and those drawn. */
const isMove = (from: string, to: string): boolean =>
  to === 'crashed' ||
  to === 'failed' ||
  machine.transitions.some((transition) => transition.from === from && transition.to === to);

describe('describeMachine', () => {
  it('describes every state in words', () => {
    expect(machine.states.filter(({ description }) => description === '')).toEqual([]);
  });

  it('has a way from the start to every state', () => {
    const reached = new Set([machine.initial]);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of machine.transitions) if (reached.has(from)) reached.add(to);
    }
    // A process can be killed in any state; that is not drawn.
    expect([...STATES].filter((id) => !reached.has(id))).toEqual(['crashed']);
  });

  it('knows every state that a view shows, simulated or recorded', () => {
    const traces = [simulate(aScenario()), ...RECORDING_NAMES.map((name) => readCase(name).trace)];
    for (const trace of traces) {
      for (const event of trace.events) {
        if (event.kind === 'memberState') expect(STATES).toContain(event.to);
      }
      for (const { state } of view(trace, trace.events.length - 1).members) {
        expect(STATES).toContain(state);
      }
    }
  });

  it('allows every move that a simulated member makes', () => {
    const { scenario } = readCase('freeze-past-session');
    for (const event of simulate(scenario).events) {
      if (event.kind === 'memberState') {
        expect(isMove(event.from, event.to), `${event.from} to ${event.to}`).toBe(true);
      }
    }
  });
});
