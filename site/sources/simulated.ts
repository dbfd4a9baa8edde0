import {
  PlaygroundError,
  type Scenario,
  type SimulateOptions,
  type Trace,
} from '../../engine/index.ts';

/** What went wrong and what to do, for people. */
export interface Problem {
  readonly problem: string;
  readonly remedy: string;
}

export interface SimulationOrder {
  readonly id: number;
  readonly scenario: Scenario;
  readonly options: SimulateOptions;
}

export interface SimulationAnswer {
  readonly id: number;
  readonly trace: Trace | null;
  readonly problem: Problem | null;
}

/** A failure that says what to do; the page shows both. */
export class SourceError extends Error implements Problem {
  readonly problem: string;
  readonly remedy: string;

  constructor({ problem, remedy }: Problem) {
    super(problem);
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** What to tell people of any failure. */
export function problemOf(error: unknown): Problem {
  if (error instanceof SourceError) return error;
  if (error instanceof PlaygroundError) return { problem: error.message, remedy: error.remedy };
  const problem = error instanceof Error ? error.message : String(error);
  return { problem, remedy: 'Load the page again.' };
}

/** Simulates in a worker, so that the page stays quick. */
export class SimulatedSource {
  #worker: Worker | null = null;
  #id = 0;

  /** @throws SourceError when the scenario cannot be simulated or the worker fails. */
  run(scenario: Scenario, options: SimulateOptions = {}): Promise<Trace> {
    const worker = (this.#worker ??= new Worker(
      new URL('./simulation.worker.ts', import.meta.url),
      { type: 'module' },
    ));
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.removeEventListener('message', onMessage);
        worker.removeEventListener('error', onError);
      };
      const onMessage = ({ data }: MessageEvent<SimulationAnswer>): void => {
        if (data.id !== id) return;
        settle();
        if (data.trace !== null) resolve(data.trace);
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
      const order: SimulationOrder = { id, scenario, options };
      worker.postMessage(order);
    });
  }
}

const WORKER_FAILED: Problem = {
  problem: 'The simulation could not be started in this browser.',
  remedy: 'Load the page again; if it goes on, allow workers for this page or try another browser.',
};
