import { describe, expect, it } from 'vitest';
import { simulate, why, type Trace } from '../../../engine/index.ts';
import { aScenario } from '../../support/builders.ts';
import { readCase } from '../../support/recordings.ts';

/** The chain of the first revoked callback after a step, as sentences. */
function whyRevoked(trace: Trace, fromMs: number): readonly string[] {
  const call = trace.events.find(
    (event) =>
      event.atMs >= fromMs && event.kind === 'callbackEntered' && event.callback === 'revoked',
  );
  return why(trace, call?.step ?? 0).map(({ sentence }) => sentence);
}

describe('why', () => {
  it('leads from the revoked callback to the newcomer that the script started', () => {
    const chain = whyRevoked(simulate(readCase('eager-join').scenario), 12_000);
    expect(chain.at(-1)).toBe('Script: start C3.');
    expect(chain).toContain(
      'The group goes from Stable to PreparingRebalance: C3 joins the group.',
    );
  });

  it('leads from the revoked callback to the silence of a killed member', () => {
    const chain = whyRevoked(simulate(readCase('eager-crash').scenario), 14_000);
    expect(chain).toContain(
      'The session clock of the coordinator runs out for C2: session.timeout.ms = 6000.',
    );
  });

  it('names the broker’s setting where a member of the consumer protocol falls silent', () => {
    const script = [
      { atMs: 0, do: 'start', member: 'C1' },
      { atMs: 1_000, do: 'start', member: 'C2' },
      { atMs: 10_000, do: 'crash', member: 'C1' },
    ];
    const config = { 'group.protocol': 'consumer' };
    const trace = simulate(aScenario({ config, script, untilMs: 70_000 }));
    const removal = trace.events.find(
      (event) => event.kind === 'groupMember' && event.change === 'removed',
    );
    const [, silence] = why(trace, removal?.step ?? 0);
    expect(silence?.sentence).toBe(
      'The session clock of the coordinator runs out for C1: group.consumer.session.timeout.ms = 45000.',
    );
  });

  it('deduces the same of a recording: the command that silenced the member is the origin', () => {
    const chain = whyRevoked(readCase('eager-crash').trace, 14_000);
    expect(chain.at(-1)).toBe('Script: kill C2.');
  });
});
