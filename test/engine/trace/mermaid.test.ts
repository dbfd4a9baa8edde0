import fc from 'fast-check';
import mermaid from 'mermaid';
import { describe, expect, it } from 'vitest';
import { parseScenario, rebalancesOf, simulate, toMermaid } from '../../../engine/index.ts';
import { escapeLabel } from '../../../engine/trace/mermaid.ts';
import { SEED, aScenario } from '../../support/builders.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

/** Mermaid's own parser accepts it; anything else throws. */
const parse = (text: string): Promise<unknown> => mermaid.parse(text);

describe('toMermaid', () => {
  it('draws lesson 1’s second rebalance, from the newcomer’s JoinGroup to its assignment', async () => {
    const trace = simulate(readCase('eager-join').scenario);
    const second = rebalancesOf(trace)[1];
    const text = toMermaid(trace, second?.fromStep ?? 0, second?.toStep ?? 0);
    await parse(text);
    expect(text).toContain('P3->>P0: JoinGroup, no member id');
    expect(text).toContain('P0-->>P1: Heartbeat#58; REBALANCE_IN_PROGRESS');
    expect(text).toContain('Note over P1: revoked#58; orders-0, orders-1');
    expect(text).toContain('P1->>P0: SyncGroup with all assignments');
    expect(text).toContain('P0-->>P3: orders-3');
  });

  it.each(RECORDING_NAMES)('draws what Mermaid can parse: the recording %s', async (name) => {
    const { trace } = readCase(name);
    for (const { fromStep, toStep } of rebalancesOf(trace)) {
      await parse(toMermaid(trace, fromStep, toStep));
    }
    await parse(toMermaid(trace, 0, trace.events.length - 1, { mostMessages: 1_000 }));
  });

  it('says so where it cuts a long run', async () => {
    const trace = simulate(aScenario());
    const text = toMermaid(trace, 0, trace.events.length - 1, { mostMessages: 3 });
    await parse(text);
    expect(text).toContain('Note over P0: cut after 3 messages');
    expect(text.match(/-?->>/g)).toHaveLength(3);
  });

  it('does not let names of topics and members change the diagram', async () => {
    const base = aScenario({ members: ['end', 'participant'] });
    const scenario = parseScenario({
      ...base,
      group: 'x; end\nP0->>P1: "boo" #59; %%{init: {}}%%',
      topics: [{ name: 'loop', partitions: 2 }],
      members: base.members.map((member) => ({ ...member, topics: ['loop'] })),
    });
    const trace = simulate(scenario);
    await parse(toMermaid(trace, 0, trace.events.length - 1));
  });
});

describe('escapeLabel', () => {
  it('leaves no character with a meaning, whatever people write', async () => {
    expect(escapeLabel('a#b;c<d>e&f%g$h:i\\j{k}l"m\nn')).toBe(
      'a#35;b#59;c#60;d#62;e#38;f#37;g#36;h#58;i#92;j#123;k#125;l#34;m n',
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (text) => {
        const label = escapeLabel(`x${text}x`);
        await parse(`sequenceDiagram\n  participant P0 as ${label}\n  Note over P0: ${label}\n`);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
