import { describe, expect, it } from 'vitest';
import { settlingTimes, simulate } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';

describe('settlingTimes', () => {
  const settled = (script: readonly Record<string, unknown>[]): readonly string[] => {
    const trace = simulate(aScenario({ script, untilMs: 60_000 }));
    return settlingTimes(trace).map(
      ({ command, fromMs, toMs }) =>
        `${command.do} ${Math.floor(fromMs / 1_000)} to ${Math.floor(toMs / 1_000)} s`,
    );
  };
  const start = (atMs: number, member: string) => ({ atMs, do: 'start', member });

  it('counts from a member’s first message, and to the last call that its command led to', () => {
    expect(settled([start(0, 'C1'), start(10_000, 'C2')])).toEqual([
      'start 1 to 4 s',
      'start 11 to 11 s',
    ]);
  });

  it('counts from the command where it only silences somebody', () => {
    const crash = { atMs: 20_500, do: 'crash', member: 'C2' };
    expect(settled([start(0, 'C1'), start(10_000, 'C2'), crash]).at(-1)).toBe('crash 20 to 25 s');
  });

  it('leaves out what the next command follows too soon, and what calls nobody', () => {
    const pause = { atMs: 20_000, do: 'pause', member: 'C1' };
    expect(settled([start(0, 'C1'), start(500, 'C2'), pause])).toEqual(['start 1 to 7 s']);
  });
});
