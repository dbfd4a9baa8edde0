import { afterEach, describe, expect, it, vi } from 'vitest';
import { SCENARIOS, existing, simulate, type LiveMessage } from '../../../engine/index.ts';
import { LiveSession } from '../../../site/state/live-session.svelte.ts';
import type { RealRun, RunWorker } from '../../../site/state/real-run.svelte.ts';
import { messagesOf, recordingText } from '../../support/staged-bridge.ts';

const scenario = existing(SCENARIOS.get('eager-join'), 'scenario');
const worker: RunWorker = {
  simulate: (wanted, options) => Promise.resolve(simulate(wanted, options)),
  compare: () => Promise.reject(new Error('what it comes to does not matter here')),
};
const RECORDED = messagesOf(recordingText('eager-join.recording.jsonl'));
const PROBLEM: LiveMessage = {
  type: 'problem',
  code: 'broker-failed',
  problem: 'Kafka ended.',
  remedy: 'Start it again.',
};

/** A bridge that takes every order and has said these messages of the run when it is heard. */
async function runWith(
  messages: readonly unknown[],
  before: RealRun | null = null,
): Promise<LiveSession> {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ runId: 'r' })));
  let tell = (_event: { data: string }): void => {
    throw new Error('nobody listens');
  };
  class StagedEvents {
    addEventListener(type: string, listener: typeof tell): void {
      if (type === 'message') tell = listener;
    }
    close(): void {
      tell = () => undefined;
    }
  }
  vi.stubGlobal('EventSource', StagedEvents);
  const run = new LiveSession(scenario, null, { before, worker, onGrown: () => undefined });
  await run.run();
  for (const message of messages) tell({ data: JSON.stringify(message) });
  return run;
}

describe('LiveSession', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('keeps what polls saw beside what the tap heard', async () => {
    const run = await runWith(RECORDED);
    expect(run.polls.length).toBeGreaterThan(0);
    expect(run.polls.map(({ atMs }) => atMs).slice(0, 2)).toEqual([1_000, 2_000]);
    expect(run.recorded?.events.some(({ kind }) => kind === 'memberReady')).toBe(true);
  });

  it('is what the next run can be compared with once it is over', async () => {
    const first = await runWith(RECORDED);
    await vi.waitFor(() => {
      expect(first.phase).toBe('done');
    });
    const second = await runWith([], first);
    expect(second.earlier).toMatchObject({ shown: 'earlier', label: 'java, before' });
    expect(second.earlier?.trace).toBe(first.recorded);
  });

  it('leaves the run before it to the next one when it fails', async () => {
    const first = await runWith(RECORDED);
    const failed = await runWith([...RECORDED.slice(0, 9), PROBLEM], first);
    expect(failed.phase).toBe('failed');
    expect(failed.problem).toMatchObject({ problem: 'Kafka ended.' });
    expect((await runWith([], failed)).earlier?.trace).toBe(first.recorded);
  });
});
