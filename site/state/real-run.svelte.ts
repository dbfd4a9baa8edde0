import {
  CLIENT_KINDS,
  circumstancesOf,
  type ClientKind,
  type Scenario,
  type Trace,
} from '../../engine/index.ts';
import type { EngineWorker } from '../sources/engine-worker.ts';
import { problemOf, type Problem } from '../sources/problem.ts';
import { RunComparison, type ComparedRun } from './run-comparison.svelte.ts';

/** The clients of a scenario's members, each once. */
export const clientsOf = ({ members }: Scenario): readonly ClientKind[] =>
  CLIENT_KINDS.filter((kind) => members.some(({ client }) => client === kind));

/** What a real run can be compared with. */
export type Against = 'simulation' | 'earlier';

/** What it takes to compare; the page's worker, which tests replace. */
export type RunWorker = Pick<EngineWorker, 'simulate' | 'compare'>;

/** A run of real clients, and what it is compared with. Loaded with the tab that makes or opens it. */
export abstract class RealRun {
  /** Of its members, such as `java` or `java, kafkajs`. */
  readonly clients: string;
  /** The real run before it, for comparing client with client; null when it is the first. */
  readonly earlier: ComparedRun | null;
  /** What real clients did, so far. */
  abstract readonly recorded: Trace | null;
  /** Whether it has come to its end, so that others can be compared with it. */
  abstract readonly isWhole: boolean;

  /** The simulation of the very scenario that was run, with the ids it got. */
  simulated = $state.raw<Trace | null>(null);
  problem = $state.raw<Problem | null>(null);
  against = $state<Against>('simulation');
  #withSimulation = $state.raw<RunComparison | null>(null);
  #withEarlier = $state.raw<RunComparison | null>(null);
  #simulating: Promise<Trace | null> | null = null;
  readonly #worker: RunWorker;

  /** @param before the real run that was there before, whole or not. */
  protected constructor(clients: string, before: RealRun | null, worker: RunWorker) {
    this.clients = clients;
    this.earlier = before?.asEarlier() ?? null;
    this.#worker = worker;
  }

  get comparison(): RunComparison | null {
    return this.against === 'simulation' ? this.#withSimulation : this.#withEarlier;
  }

  /** Why it cannot be compared with that; null where it can. */
  cannotBeHeldAgainst(against: Against): string | null {
    const { recorded, earlier } = this;
    if (recorded === null) return 'There is nothing of it yet.';
    if (against === 'simulation') {
      return recorded.scenario.script.length > 0
        ? null
        : 'It was made by a tap, and has no script that could be simulated.';
    }
    if (earlier === null) return 'There is no run before it.';
    const { name } = earlier.trace.scenario;
    return name === recorded.scenario.name ? null : `That is a run of another scenario, ${name}.`;
  }

  /** Compares with that, where it has not been done yet. */
  async holdAgainst(against: Against): Promise<void> {
    const { recorded, earlier } = this;
    if (recorded === null || this.cannotBeHeldAgainst(against) !== null) return;
    this.against = against;
    const real = this.asCompared(recorded);
    if (against === 'earlier' && earlier !== null) {
      this.#withEarlier ??= new RunComparison(earlier, real, this.#worker);
    }
    if (against === 'simulation') {
      const simulated = await (this.#simulating ??= this.#simulate(recorded));
      if (simulated === null) return;
      const left: ComparedRun = {
        shown: 'simulated',
        label: `${this.clients}, simulated`,
        side: 'simulated',
        phrase: 'the simulation',
        trace: simulated,
      };
      this.#withSimulation ??= new RunComparison(left, real, this.#worker);
    }
    await this.comparison?.finished;
  }

  /** What a later run can be compared with: this one, or while it is not whole the one before it. */
  asEarlier(): ComparedRun | null {
    const { clients, recorded } = this;
    if (!this.isWhole || recorded === null) return this.earlier;
    return {
      shown: 'earlier',
      label: `${clients}, before`,
      side: 'before',
      phrase: 'the run before',
      trace: recorded,
    };
  }

  /** It beside another one, or alone while nothing is compared. */
  asCompared(recorded: Trace): ComparedRun {
    return {
      shown: 'real',
      label: `${this.clients}, real`,
      side: 'real',
      phrase: 'the real run',
      trace: recorded,
    };
  }

  async #simulate(recorded: Trace): Promise<Trace | null> {
    try {
      this.simulated = await this.#worker.simulate(recorded.scenario, circumstancesOf(recorded));
    } catch (error) {
      this.problem = problemOf(error);
    }
    return this.simulated;
  }
}
