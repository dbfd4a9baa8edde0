import { randomUUID } from 'node:crypto';
import { PlaygroundError, type LiveMessage, type Scenario } from '../../engine/index.ts';
import { brokerCountOf, type Broker } from '../broker/broker.ts';
import { startBroker } from '../broker/choose-broker.ts';
import type { Settings } from '../settings.ts';
import { runLive } from './live-run.ts';
import { MessageLog, type Heard } from './message-log.ts';
import { brokerConfigOf } from './recording-file.ts';

interface DeskRun {
  readonly id: string;
  readonly log: MessageLog<LiveMessage>;
  readonly cancel: AbortController;
  finished: Promise<void>;
}

/**
 * Takes orders for live runs: one at a time, on a broker that stays up between runs as long as its
 * settings suit.
 */
export class RunDesk {
  readonly #settings: Settings;
  readonly #say: (line: string) => void;
  #broker: { readonly broker: Broker; readonly wanted: string } | null = null;
  /** The last run; earlier ones are forgotten. */
  #run: DeskRun | null = null;
  #isClosed = false;

  constructor(settings: Settings, say: (line: string) => void) {
    this.#settings = settings;
    this.#say = say;
  }

  get runId(): string | null {
    return this.#run?.log.isOver === false ? this.#run.id : null;
  }

  /** The run that is under way, or the last that was. */
  get last(): Heard<LiveMessage> | null {
    return this.#run;
  }

  /**
   * Begins a run and returns its id.
   *
   * @throws PlaygroundError `run-busy` while another is under way.
   */
  start(scenario: Scenario): string {
    if (this.#isClosed || this.runId !== null) {
      throw new PlaygroundError(
        'run-busy',
        'A run is under way on this broker.',
        'Wait until it is over, or cancel it.',
      );
    }
    const run: DeskRun = {
      id: randomUUID(),
      log: new MessageLog(),
      cancel: new AbortController(),
      finished: Promise.resolve(),
    };
    this.#run = run;
    run.finished = this.#carryOut(run, scenario).finally(() => {
      run.log.end();
    });
    return run.id;
  }

  /** Ends a run early and waits until all that it made is gone. */
  async cancel(id: string): Promise<void> {
    const run = this.#find(id);
    run.cancel.abort();
    await run.finished;
  }

  /**
   * What was said of a run from message number `from` on, and what comes, until it is over.
   *
   * @throws PlaygroundError `run-unknown`, at once: who reconnects after a restart is told.
   */
  messages(
    id: string,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly [number, LiveMessage]> {
    return this.#find(id).log.from(from, signal);
  }

  /** Ends the run that is under way and the broker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#run?.cancel.abort();
    await this.#run?.finished;
    await this.#broker?.broker.stop();
    this.#broker = null;
  }

  #find(id: string): DeskRun {
    if (this.#run?.id === id) return this.#run;
    throw new PlaygroundError(
      'run-unknown',
      'There is no such run here; only the last one is kept.',
      'Start the run again.',
    );
  }

  async #carryOut(run: DeskRun, scenario: Scenario): Promise<void> {
    const tell = (message: LiveMessage): void => {
      run.log.tell(message);
    };
    const onProgress = (text: string): void => {
      this.#say(text);
      tell({ type: 'progress', text });
    };
    try {
      onProgress(`Running ${scenario.name}.`);
      const broker = await this.#useBroker(scenario, onProgress);
      const { header } = await runLive(
        scenario,
        broker,
        {
          onProgress,
          onHeader: (first) => {
            tell({ type: 'header', header: first });
          },
          onLine: (line) => {
            tell({ type: 'line', line });
          },
          onPoll: (poll) => {
            tell({ type: 'polled', poll });
          },
        },
        run.cancel.signal,
      );
      tell({ type: 'end', header });
    } catch (error) {
      tell(problemOf(error));
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  /** What is up, when number and settings of its brokers are those that are asked for; else new ones. */
  async #useBroker(scenario: Scenario, say: (line: string) => void): Promise<Broker> {
    const [config, count] = [brokerConfigOf(scenario), brokerCountOf(scenario)];
    const wanted = JSON.stringify([count, Object.entries(config).sort()]);
    const isUp = this.#broker?.broker.failed?.aborted !== true;
    if (isUp && this.#broker?.wanted === wanted) return this.#broker.broker;
    await this.#broker?.broker.stop();
    this.#broker = null;
    const broker = await startBroker(this.#settings, config, say, count);
    this.#broker = { broker, wanted };
    return broker;
  }
}

function problemOf(error: unknown): LiveMessage {
  if (error instanceof PlaygroundError) {
    return { type: 'problem', code: error.code, problem: error.message, remedy: error.remedy };
  }
  const problem = error instanceof Error ? error.message : String(error);
  const remedy = 'Start it again; if it goes on, restart the server and look at what it prints.';
  return { type: 'problem', code: 'broker-failed', problem, remedy };
}
