import {
  CLIENT_KINDS,
  compareTraces,
  circumstancesOf,
  withClient,
  type ClientKind,
  type LiveMessage,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import { startLive, type LiveHandle } from '../sources/live.ts';
import { problemOf, type Problem, type SimulatedSource } from '../sources/simulated.ts';
import { GrowingRun } from './growing-run.svelte.ts';

/** The clients of a scenario's members, each once. */
export const clientsOf = ({ members }: Scenario): readonly ClientKind[] =>
  CLIENT_KINDS.filter((kind) => members.some(({ client }) => client === kind));

/** A run on a real broker, from the order to the verdict. Loaded with the tab that starts it. */
export class LiveSession {
  readonly scenario: Scenario;
  /** The clients of its members, such as `java` or `java, kafkajs`. */
  readonly clients: string;
  /** Settings of the scenario that the client does not have. */
  readonly leftOut: readonly string[];
  phase = $state<'starting' | 'running' | 'comparing' | 'done' | 'failed'>('starting');
  progress = $state.raw<readonly string[]>([]);
  problem = $state.raw<Problem | null>(null);
  /** The simulation of the very scenario that was run, with the ids it got. */
  simulated = $state.raw<Trace | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  readonly isBusy = $derived(this.phase !== 'done' && this.phase !== 'failed');

  readonly #client: ClientKind | null;
  readonly #run: GrowingRun;
  #handle: LiveHandle | null = null;
  #source: SimulatedSource | null = null;

  /**
   * @param client plays every member; null leaves each to its own client.
   * @param onGrown is called whenever `recorded` is another, with the one before.
   */
  constructor(
    scenario: Scenario,
    client: ClientKind | null,
    onGrown: (before: Trace | null) => void,
  ) {
    this.#run = new GrowingRun(onGrown);
    this.scenario = scenario;
    this.#client = client;
    this.clients = client ?? clientsOf(scenario).join(', ');
    this.leftOut = client === null ? [] : withClient(scenario, client).leftOut;
  }

  /** What real clients have done so far. */
  get recorded(): Trace | null {
    return this.#run.trace;
  }

  /**
   * Orders the run and hears of it until it is over.
   *
   * @param source simulates the same at the end.
   */
  async run(source: SimulatedSource): Promise<void> {
    this.#source = source;
    try {
      this.#handle = await startLive(this.scenario, this.#client, (message) => {
        this.#hear(message);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the run early. */
  async cancel(): Promise<void> {
    try {
      await this.#handle?.cancel();
    } catch (error) {
      // The run goes on, and so does hearing of it.
      this.problem = problemOf(error);
    }
  }

  #hear(message: LiveMessage): void {
    switch (message.type) {
      case 'progress':
        this.progress = [...this.progress, message.text];
        return;
      case 'header':
        this.#run.setHeader(message.header);
        this.phase = 'running';
        return;
      case 'line':
        this.#run.add(message.line);
        return;
      case 'polled':
        // The page does not show what polls see.
        return;
      case 'end':
        try {
          this.#run.end(message.header);
          void this.#compare();
        } catch (error) {
          this.#fail(error);
        }
        return;
      case 'problem':
        this.#run.stop();
        this.problem = message;
        this.phase = 'failed';
        return;
    }
  }

  async #compare(): Promise<void> {
    const { recorded } = this;
    if (recorded === null || this.#source === null) return;
    this.phase = 'comparing';
    try {
      const simulated = await this.#source.run(recorded.scenario, circumstancesOf(recorded));
      this.simulated = simulated;
      this.verdict = compareTraces(simulated, recorded);
      this.phase = 'done';
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.problem = problemOf(error);
    this.phase = 'failed';
  }
}
