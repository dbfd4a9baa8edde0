import type { Trace } from '../../engine/index.ts';
import type { Comparison, EngineWorker } from '../sources/engine-worker.ts';
import { problemOf, type Problem } from '../sources/problem.ts';
import type { Shown } from './shown.ts';

/** One of two runs that are compared. */
export interface ComparedRun {
  /** By what all views show it. */
  readonly shown: Shown;
  /** What the page calls it, such as `java, real`. */
  readonly label: string;
  /** One word for it beside the other one, and a few for a sentence. */
  readonly side: string;
  readonly phrase: string;
  readonly trace: Trace;
}

/** Two runs that are compared, from the order to what it came to. */
export class RunComparison {
  readonly left: ComparedRun;
  readonly right: ComparedRun;
  found = $state.raw<Comparison | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Settles when there is either; never fails. */
  readonly finished: Promise<void>;

  constructor(left: ComparedRun, right: ComparedRun, worker: Pick<EngineWorker, 'compare'>) {
    this.left = left;
    this.right = right;
    this.finished = this.#compare(worker);
  }

  async #compare(worker: Pick<EngineWorker, 'compare'>): Promise<void> {
    try {
      const { left, right } = this;
      const names = [left.phrase, right.phrase] as const;
      this.found = await worker.compare(left.trace, right.trace, names);
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
