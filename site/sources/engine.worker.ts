import { alignTraces, compareRuns, simulate, unreachable } from '../../engine/index.ts';
import type { NumberedOrder, WorkAnswer, WorkOrder, WorkResult } from './engine-worker.ts';
import { problemOf } from './problem.ts';
import { readRecording } from './read-recording.ts';

/** Carries out one order after the other. */
self.addEventListener('message', (event: MessageEvent<NumberedOrder>) => {
  const { id, order } = event.data;
  const answer = (parts: Partial<WorkAnswer>): void => {
    self.postMessage({ id, result: null, problem: null, ...parts } satisfies WorkAnswer);
  };
  carryOut(order).then(
    (result) => {
      answer({ result });
    },
    (error: unknown) => {
      const { problem, remedy } = problemOf(error);
      answer({ problem: { problem, remedy } });
    },
  );
});

async function carryOut(order: WorkOrder): Promise<WorkResult> {
  switch (order.type) {
    case 'simulate':
      return simulate(order.scenario, order.options);
    case 'read':
      return readRecording(order.file);
    case 'compare': {
      const verdict = compareRuns(order.left, order.right);
      return { verdict, members: alignTraces(order.left, order.right, verdict.differences) };
    }
    default:
      return unreachable(order, 'carryOut');
  }
}
