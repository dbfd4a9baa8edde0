import { describe, expect, it } from 'vitest';
import { alignTraces, compareRuns, simulate, type Trace } from '../../../engine/index.ts';
import { SourceError } from '../../../site/sources/problem.ts';
import { readRecording } from '../../../site/sources/read-recording.ts';
import { OpenedRecording } from '../../../site/state/opened-recording.svelte.ts';
import type { RealRun, RunWorker } from '../../../site/state/real-run.svelte.ts';
import { readText } from '../../support/recordings.ts';

/** Does at once what the page has done in a worker, and counts the orders. */
function aWorker(parts: Partial<RunWorker> = {}): RunWorker & { readonly orders: string[] } {
  const orders: string[] = [];
  const count = <Result>(order: string, result: Result): Promise<Result> => {
    orders.push(order);
    return Promise.resolve(result);
  };
  return {
    orders,
    simulate: (scenario, options) => count('simulate', simulate(scenario, options)),
    compare: (left: Trace, right: Trace) => {
      const verdict = compareRuns(left, right);
      const members = alignTraces(left, right, verdict.differences);
      return count('compare', { verdict, members });
    },
    ...parts,
  };
}

const open = async (
  name: string,
  worker: RunWorker,
  before: RealRun | null = null,
  change = (text: string): string => text,
): Promise<OpenedRecording> => {
  const file = new File([change(readText(`${name}.recording.jsonl`))], `${name}.jsonl`);
  return new OpenedRecording(file.name, await readRecording(file), before, worker);
};
const asEagerJoin = (text: string): string => text.replace('"kafkajs-join"', '"eager-join"');
const withoutScript = (text: string): string => text.replace(/"script":\[.*?\}\]/, '"script":[]');

describe('OpenedRecording', () => {
  it('is simulated with the ids that it got, and compared with that', async () => {
    const run = await open('eager-join', aWorker());
    await run.holdAgainst('simulation');
    expect(run.simulated?.memberIds).toEqual(run.recorded.memberIds);
    expect(run.comparison?.left).toMatchObject({ shown: 'simulated', label: 'java, simulated' });
    expect(run.comparison?.right).toMatchObject({ shown: 'real', label: 'java, real' });
    expect(run.comparison?.found?.verdict.result).toBe('same');
  });

  it('is simulated and compared once, however often it is asked for', async () => {
    const worker = aWorker();
    const run = await open('eager-join', worker);
    await Promise.all([run.holdAgainst('simulation'), run.holdAgainst('simulation')]);
    await run.holdAgainst('simulation');
    expect(worker.orders).toEqual(['simulate', 'compare']);
  });

  it('is compared with the run before it, client with client', async () => {
    const worker = aWorker();
    const before = await open('kafkajs-join', worker, null, asEagerJoin);
    const run = await open('eager-join', worker, before);
    await run.holdAgainst('earlier');
    expect(run.comparison?.left).toMatchObject({ shown: 'earlier', label: 'kafkajs, before' });
    expect(run.comparison?.left.trace).toBe(before.recorded);
    expect(run.comparison?.found?.verdict.summary).toContain(
      'kafkajs on the left, java on the right',
    );
    // Going back to the simulation finds what was there.
    await run.holdAgainst('simulation');
    await run.holdAgainst('earlier');
    expect(worker.orders).toEqual(['compare', 'simulate', 'compare']);
  });

  it('is not compared with a run of another scenario, and says which', async () => {
    const worker = aWorker();
    const run = await open('eager-join', worker, await open('eager-crash', worker));
    expect(run.cannotBeHeldAgainst('earlier')).toContain('another scenario, eager-crash');
    await run.holdAgainst('earlier');
    expect(run.against).toBe('simulation');
    expect(worker.orders).toEqual([]);
  });

  it('is not simulated without a script, which the recording of a tap does not have', async () => {
    const worker = aWorker();
    const run = await open('eager-join', worker, null, withoutScript);
    expect(run.recorded.scenario.script).toEqual([]);
    expect(run.cannotBeHeldAgainst('simulation')).toContain('made by a tap');
    await run.holdAgainst('simulation');
    expect(run.comparison).toBeNull();
    expect(worker.orders).toEqual([]);
  });

  it('says why it cannot be simulated or compared, and can be looked at all the same', async () => {
    const refuse = (problem: string) => () =>
      Promise.reject(new SourceError({ problem, remedy: 'Do.' }));
    const run = await open('eager-join', aWorker({ simulate: refuse('No simulation.') }));
    await run.holdAgainst('simulation');
    expect(run.problem?.problem).toBe('No simulation.');
    expect(run.comparison).toBeNull();
    expect(run.recorded.events.length).toBeGreaterThan(0);
    const other = await open('eager-join', aWorker({ compare: refuse('No comparison.') }));
    await other.holdAgainst('simulation');
    expect(other.comparison?.problem?.problem).toBe('No comparison.');
  });

  it('keeps only the run before it, not those before that', async () => {
    const worker = aWorker();
    const first = await open('eager-join', worker);
    const second = await open('eager-join', worker, first);
    const third = await open('eager-join', worker, second);
    expect(third.earlier?.trace).toBe(second.recorded);
  });
});
