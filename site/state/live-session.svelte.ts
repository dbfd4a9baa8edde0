import {
  CLIENT_KINDS,
  compareTraces,
  idsOf,
  traceOfRecording,
  withClient,
  type ClientKind,
  type LiveMessage,
  type RecordingHeader,
  type RecordingLine,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import { startLive, type LiveHandle } from '../sources/live.ts';
import { problemOf, type Problem, type SimulatedSource } from '../sources/simulated.ts';

/** How often a run that is under way is read anew. */
const REFRESH_MS = 400;

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
  /** What real clients have done so far. */
  recorded = $state.raw<Trace | null>(null);
  /** The simulation of the very scenario that was run, with the ids it got. */
  simulated = $state.raw<Trace | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  readonly isBusy = $derived(this.phase !== 'done' && this.phase !== 'failed');

  readonly #client: ClientKind | null;
  readonly #lines: RecordingLine[] = [];
  #header: RecordingHeader | null = null;
  #handle: LiveHandle | null = null;
  #refresh: ReturnType<typeof setTimeout> | null = null;
  #source: SimulatedSource | null = null;
  #onNews: () => void = () => undefined;

  /** @param client plays every member; null leaves each to its own client. */
  constructor(scenario: Scenario, client: ClientKind | null) {
    this.scenario = scenario;
    this.#client = client;
    this.clients = client ?? clientsOf(scenario).join(', ');
    this.leftOut = client === null ? [] : withClient(scenario, client).leftOut;
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
        this.#header = message.header;
        this.phase = 'running';
        return;
      case 'line':
        this.#lines.push(message.line);
        this.#refresh ??= setTimeout(() => {
          this.#read(false);
        }, REFRESH_MS);
        return;
      case 'polled':
        // The page does not show what polls see.
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
