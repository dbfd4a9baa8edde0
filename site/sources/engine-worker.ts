import type {
  MemberAlignment,
  Scenario,
  SimulateOptions,
  Trace,
  Verdict,
} from '../../engine/index.ts';
import { SourceError, type Problem } from './problem.ts';

/** What comparing two runs came to, and how they line up. */
export interface Comparison {
  readonly verdict: Verdict;
  readonly members: readonly MemberAlignment[];
}

/** What the worker does: for each kind of order what it is given and what it makes of it. */
interface Work {
  simulate: {
    order: { readonly scenario: Scenario; readonly options: SimulateOptions };
    result: Trace;
  };
  read: { order: { readonly file: File }; result: Trace };
  compare: {
    order: {
      readonly left: Trace;
      readonly right: Trace;
      readonly names: readonly [string, string];
    };
    result: Comparison;
  };
}
type Kind = keyof Work;
export type WorkOrder = { [K in Kind]: { readonly type: K } & Work[K]['order'] }[Kind];
export type WorkResult = Work[Kind]['result'];

export interface NumberedOrder {
  readonly id: number;
  readonly order: WorkOrder;
}

export interface WorkAnswer {
  readonly id: number;
  /** Null where there is a problem. */
  readonly result: WorkResult | null;
  readonly problem: Problem | null;
}

/** Has the engine do in a worker what takes its time, so that the page stays quick. */
export class EngineWorker {
  #worker: Worker | null = null;
  #id = 0;

  /** @throws SourceError when the scenario cannot be simulated or the worker fails. */
  simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<Trace> {
    return this.#ask<'simulate'>({ type: 'simulate', scenario, options });
  }

  /** @throws SourceError that names the place in the file, or when the worker fails. */
  read(file: File): Promise<Trace> {
    return this.#ask<'read'>({ type: 'read', file });
  }

  /**
   * @param names what sentences call the two runs.
   * @throws SourceError when the worker fails.
   */
  compare(left: Trace, right: Trace, names: readonly [string, string]): Promise<Comparison> {
    return this.#ask<'compare'>({ type: 'compare', left, right, names });
  }

  #ask<K extends Kind>(order: WorkOrder): Promise<Work[K]['result']> {
    const worker = (this.#worker ??= new Worker(new URL('./engine.worker.ts', import.meta.url), {
      type: 'module',
    }));
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.removeEventListener('message', onMessage);
        worker.removeEventListener('error', onError);
      };
      const onMessage = ({ data }: MessageEvent<WorkAnswer>): void => {
        if (data.id !== id) return;
        settle();
        // The worker answers an order with what it is to make of it.
        if (data.result !== null) resolve(data.result);
        else reject(new SourceError(data.problem ?? WORKER_FAILED));
      };
      const onError = (): void => {
        settle();
        this.#worker = null;
        worker.terminate();
        reject(new SourceError(WORKER_FAILED));
      };
      worker.addEventListener('message', onMessage);
      worker.addEventListener('error', onError);
      const numbered: NumberedOrder = { id, order };
      worker.postMessage(numbered);
    });
  }
}

const WORKER_FAILED: Problem = {
  problem: 'The simulator could not be started in this browser.',
  remedy: 'Load the page again; if it goes on, allow workers for this page or try another browser.',
};
