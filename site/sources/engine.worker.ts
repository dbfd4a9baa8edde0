import {
  alignTraces,
  compareRuns,
  partingOf,
  simulate,
  unreachable,
  type Trace,
} from '../../engine/index.ts';
import type {
  Comparison,
  NumberedOrder,
  WorkAnswer,
  WorkOrder,
  WorkResult,
} from './engine-worker.ts';
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
    case 'compare':
      return compare(order.left, order.right, order.names);
    default:
      return unreachable(order, 'carryOut');
  }
}

function compare(left: Trace, right: Trace, names: readonly [string, string]): Comparison {
  const verdict = compareRuns(left, right);
  const members = alignTraces(left, right, verdict.differences);
  const parting = verdict.parting === null ? null : partingOf(members, names);
  return { verdict: { ...verdict, parting }, members };
}
