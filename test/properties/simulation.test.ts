import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brokenInvariants,
  parseTrace,
  printTrace,
  simulate,
  view,
  why,
  type Scenario,
} from '../../engine/index.ts';
import { SEED, aScenario } from '../support/builders.ts';

const NAMES = ['C1', 'C2', 'C3', 'C4'];

type Life = 'down' | 'up' | 'frozen';

/** Commands that a member can be given in each state of its life. */
const COMMANDS: Readonly<Record<Life, readonly string[]>> = {
  down: ['start'],
  up: ['close', 'crash', 'freeze', 'stall', 'pause', 'resume', 'produce'],
  frozen: ['thaw', 'crash'],
};

const AFTER: Readonly<Record<string, Life>> = {
  start: 'up',
  thaw: 'up',
  freeze: 'frozen',
  close: 'down',
  crash: 'down',
};

interface Draw {
  readonly member: number;
  readonly choice: number;
  readonly gapMs: number;
}

/** Turns numbers into a script that a scenario takes, whatever the numbers are. */
function scriptOf(draws: readonly Draw[]): readonly Readonly<Record<string, unknown>>[] {
  const lives = new Map<string, Life>(NAMES.map((name) => [name, 'down']));
  let atMs = 0;
  return draws.map(({ member: memberIndex, choice, gapMs }) => {
    atMs += gapMs;
    const member = NAMES[memberIndex] ?? 'C1';
    const life = lives.get(member) ?? 'down';
    const name = COMMANDS[life][choice % COMMANDS[life].length] ?? 'start';
    lives.set(member, AFTER[name] ?? life);
    if (name === 'produce') return { atMs, do: name, topic: 'orders', count: 1 + (choice % 9) };
    if (name === 'stall') return { atMs, do: name, member, forMs: 500 + choice * 100 };
    return { atMs, do: name, member };
  });
}

const aScript = fc
  .array(
    fc.record({
      member: fc.integer({ min: 0, max: NAMES.length - 1 }),
      choice: fc.integer({ min: 0, max: 200 }),
      gapMs: fc.integer({ min: 0, max: 4_000 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map(scriptOf);

const aRun = fc
  .record({
    script: aScript,
    client: fc.constantFrom('java', 'librdkafka', 'kafkajs'),
    isCooperative: fc.boolean(),
    partitions: fc.integer({ min: 1, max: 6 }),
    perRecordMs: fc.constantFrom(0, 40, 900),
    commitInRevoked: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
  })
  .map(({ script, client, partitions, perRecordMs, commitInRevoked, isCooperative, seed }) => {
    const hasPollClock = client !== 'kafkajs';
    const scenario = aScenario({
      members: NAMES,
      client,
      partitions,
      config: {
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_500,
        ...(hasPollClock ? { 'max.poll.interval.ms': 8_000 } : { 'rebalance.timeout.ms': 10_000 }),
        ...(client === 'librdkafka' && isCooperative
          ? { 'partition.assignment.strategy': 'cooperative-sticky' }
          : {}),
      },
      work: { perRecordMs, commitInRevoked },
      script,
      untilMs: 90_000,
    });
    return { scenario, seed };
  });

const check = (property: (run: { scenario: Scenario; seed: number }) => void): void => {
  fc.assert(fc.property(aRun, property), { seed: SEED, numRuns: 150 });
};

describe('simulate', () => {
  it('breaks no promise of Kafka, whatever the script', () => {
    check(({ scenario, seed }) => {
      expect(brokenInvariants(simulate(scenario, { seed }))).toEqual([]);
    });
  });

  it('gives the same bytes for the same scenario and seed', () => {
    check(({ scenario, seed }) => {
      expect(printTrace(simulate(scenario, { seed }))).toBe(
        printTrace(simulate(scenario, { seed })),
      );
    });
  });

  it('gives a trace that is read back as it was written', () => {
    check(({ scenario, seed }) => {
      const trace = simulate(scenario, { seed });
      expect(parseTrace(printTrace(trace))).toEqual(trace);
    });
  });
});

describe('view', () => {
  it('shows the same at a step, whichever way one came to it', () => {
    check(({ scenario, seed }) => {
      const trace = simulate(scenario, { seed });
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
    check(({ scenario, seed }) => {
      const trace = simulate(scenario, { seed });
      for (const { step } of trace.events) {
        const origin = trace.events[why(trace, step).at(-1)?.step ?? -1];
        expect(['command', 'begin', 'end']).toContain(origin?.kind);
      }
    });
  });
});
