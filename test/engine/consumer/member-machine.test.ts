import { describe, expect, it } from 'vitest';
import { describeMachine, simulate, view } from '../../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';
import { aScenario } from '../../support/builders.ts';

const MACHINES = { classic: describeMachine('classic'), consumer: describeMachine('consumer') };
const PROTOCOLS = ['classic', 'consumer'] as const;

/** Moves that a machine allows from any state, and those drawn. */
const isMove = (machine: keyof typeof MACHINES, from: string, to: string): boolean =>
  to === 'crashed' ||
  to === 'failed' ||
  MACHINES[machine].transitions.some((move) => move.from === from && move.to === to);

describe('describeMachine', () => {
  it.each(PROTOCOLS)('describes every state in words: %s', (name) => {
    expect(MACHINES[name].states.filter(({ description }) => description === '')).toEqual([]);
  });

  it.each(PROTOCOLS)('has a way from the start to every state: %s', (name) => {
    const machine = MACHINES[name];
    const reached = new Set([machine.initial]);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of machine.transitions) if (reached.has(from)) reached.add(to);
    }
    // A process can be killed in any state; that is not drawn.
    const unreached = machine.states.map(({ id }) => id).filter((id) => !reached.has(id));
    expect(unreached).toEqual(['crashed']);
  });

  it('knows every state that a view shows, simulated or recorded', () => {
    const traces = [simulate(aScenario()), ...RECORDING_NAMES.map((name) => readCase(name).trace)];
    for (const trace of traces) {
      for (const { state, groupProtocol } of view(trace, trace.events.length - 1).members) {
        const states = MACHINES[groupProtocol].states.map(({ id }) => id);
        expect(states).toContain(state);
      }
    }
  });

  it('allows every move that a simulated member makes', () => {
    const { scenario } = readCase('freeze-past-session');
    for (const event of simulate(scenario).events) {
      if (event.kind === 'memberState') {
        expect(isMove('classic', event.from, event.to), `${event.from} to ${event.to}`).toBe(true);
      }
    }
  });
});
