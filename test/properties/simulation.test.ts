import { describe, expect, it } from 'vitest';
import {
  brokenInvariants,
  parseTrace,
  printTrace,
  simulate,
  view,
  why,
} from '../../engine/index.ts';
import { SEED } from '../support/builders.ts';
import { checkTraces } from '../support/generated.ts';
import { strangeMoves } from '../support/member-moves.ts';

/** Scripts that the promises of Kafka are checked with; a sample of them will do for the rest. */
const MANY = 2_000;
const SAMPLE = 100;

describe('simulate', () => {
  it('breaks no promise of Kafka, and moves members as their machines do, whatever the script', () => {
    checkTraces(MANY, SEED, (trace) => {
      expect([...brokenInvariants(trace), ...strangeMoves(trace)]).toEqual([]);
    });
  });

  it('gives the same bytes for the same scenario and seed', () => {
    checkTraces(SAMPLE, SEED, (trace, { scenario, seed }) => {
      expect(printTrace(simulate(scenario, { seed }))).toBe(printTrace(trace));
    });
  });

  it('gives a trace that is read back as it was written', () => {
    checkTraces(SAMPLE, SEED, (trace) => {
      expect(parseTrace(printTrace(trace))).toEqual(trace);
    });
  });
});

describe('view', () => {
  it('shows the same at a step, whichever way one came to it', () => {
    checkTraces(SAMPLE, SEED, (trace) => {
      const copy = { ...trace };
      const steps = trace.events.map(({ step }) => step).filter((step) => step % 7 === 0);
      const forward = steps.map((step) => view(trace, step));
      const back = [...steps].reverse().map((step) => view(copy, step));
      expect(back.reverse()).toEqual(forward);
    });
  });
});

describe('why', () => {
  it('leads from every event to the script or the beginning', () => {
    checkTraces(SAMPLE, SEED, (trace) => {
      for (const { step } of trace.events) {
        const origin = trace.events[why(trace, step).at(-1)?.step ?? -1];
        expect(['command', 'begin', 'end']).toContain(origin?.kind);
      }
    });
  });
});
