import {
  withClient,
  type ClientKind,
  type GroupPoll,
  type LiveMessage,
  type Scenario,
  type Trace,
} from '../../engine/index.ts';
import { startLive, type LiveHandle } from '../sources/live.ts';
import { problemOf } from '../sources/problem.ts';
import { GrowingRun } from './growing-run.svelte.ts';
import { RealRun, clientsOf, type RunWorker } from './real-run.svelte.ts';

/** What a live run is started with, beside what is run. */
interface LiveSurroundings {
  /** The real run that was there before. */
  readonly before: RealRun | null;
  readonly worker: RunWorker;
  /** Called whenever `recorded` is another, with the one before. */
  readonly onGrown: (before: Trace | null) => void;
}

/** A run on a real broker, from the order to the verdict. */
export class LiveSession extends RealRun {
  readonly scenario: Scenario;
  /** Settings of the scenario that the client does not have. */
  readonly leftOut: readonly string[];
  phase = $state<'starting' | 'running' | 'comparing' | 'done' | 'failed'>('starting');
  progress = $state.raw<readonly string[]>([]);
  /** What an admin saw of the group meanwhile. */
  polls = $state.raw<readonly GroupPoll[]>([]);
  readonly isBusy = $derived(this.phase !== 'done' && this.phase !== 'failed');

  readonly #client: ClientKind | null;
  readonly #run: GrowingRun;
  #handle: LiveHandle | null = null;

  /** @param client plays every member; null leaves each to its own client. */
  constructor(
    scenario: Scenario,
    client: ClientKind | null,
    { before, worker, onGrown }: LiveSurroundings,
  ) {
    super(client ?? clientsOf(scenario).join(', '), before, worker);
    this.#run = new GrowingRun(onGrown);
    this.scenario = scenario;
    this.#client = client;
    this.leftOut = client === null ? [] : withClient(scenario, client).leftOut;
  }

  override get recorded(): Trace | null {
    return this.#run.trace;
  }

  override get isWhole(): boolean {
    return this.phase === 'comparing' || this.phase === 'done';
  }

  /** Orders the run and hears of it until it is over. */
  async run(): Promise<void> {
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
        this.polls = [...this.polls, message.poll];
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
    this.phase = 'comparing';
    await this.holdAgainst('simulation');
    this.phase = 'done';
  }

  #fail(error: unknown): void {
    this.problem = problemOf(error);
    this.phase = 'failed';
  }
}
