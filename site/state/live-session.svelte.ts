import {
  compareTraces,
  idsOf,
  traceOfRecording,
  withClient,
  type LiveMessage,
  type RecordingHeader,
  type RecordingLine,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import { startLive, type LiveHandle } from '../sources/live.ts';
import { problemOf, type Problem, type SimulatedSource } from '../sources/simulated.ts';

/** The real clients that the page offers. */
export const LIVE_CLIENT = 'kafkajs';

/** How often a run that is under way is read anew. */
const REFRESH_MS = 400;

/** A run on a real broker, from the order to the verdict. Loaded with the tab that starts it. */
export class LiveSession {
  readonly scenario: Scenario;
  /** Settings of the scenario that the client does not have. */
  readonly leftOut: readonly string[];
  phase = $state<'starting' | 'running' | 'comparing' | 'done' | 'failed'>('starting');
  progress = $state.raw<readonly string[]>([]);
  problem = $state.raw<Problem | null>(null);
  /** What real clients have done so far. */
  recorded = $state.raw<Trace | null>(null);
  /** The simulation of the very scenario that was run, with the ids it got. */
  simulated = $state.raw<Trace | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  readonly isBusy = $derived(this.phase !== 'done' && this.phase !== 'failed');

  readonly #lines: RecordingLine[] = [];
  #header: RecordingHeader | null = null;
  #handle: LiveHandle | null = null;
  #refresh: ReturnType<typeof setTimeout> | null = null;
  #source: SimulatedSource | null = null;
  #onNews: () => void = () => undefined;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.leftOut = withClient(scenario, LIVE_CLIENT).leftOut;
  }

  /**
   * Orders the run and hears of it until it is over.
   *
   * @param source simulates the same at the end.
   * @param onNews is called whenever `recorded` has grown.
   */
  async run(source: SimulatedSource, onNews: () => void): Promise<void> {
    this.#source = source;
    this.#onNews = onNews;
    try {
      this.#handle = await startLive(this.scenario, LIVE_CLIENT, (message) => {
        this.#hear(message);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the run early. */
  async cancel(): Promise<void> {
    await this.#handle?.cancel();
  }

  #hear(message: LiveMessage): void {
    switch (message.type) {
      case 'progress':
        this.progress = [...this.progress, message.text];
        return;
      case 'header':
        this.#header = message.header;
        this.phase = 'running';
        return;
      case 'line':
        this.#lines.push(message.line);
        this.#refresh ??= setTimeout(() => {
          this.#read(false);
        }, REFRESH_MS);
        return;
      case 'end':
        this.#header = message.header;
        this.#read(true);
        if (this.phase !== 'failed') void this.#compare();
        return;
      case 'problem':
        this.#stopReading();
        this.problem = message;
        this.phase = 'failed';
        return;
    }
  }

  #stopReading(): void {
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    this.#refresh = null;
  }

  #read(isComplete: boolean): void {
    this.#stopReading();
    if (this.#header === null) return;
    try {
      this.recorded = traceOfRecording(this.#header, this.#lines, isComplete);
    } catch (error) {
      // Lines come not quite in order: what cannot be read yet may be once the next ones are here.
      if (isComplete) this.#fail(error);
      return;
    }
    this.#onNews();
  }

  async #compare(): Promise<void> {
    const { recorded } = this;
    if (recorded === null || this.#source === null) return;
    this.phase = 'comparing';
    try {
      const simulated = await this.#source.run(recorded.scenario, idsOf(recorded));
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
