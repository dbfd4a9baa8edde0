import type { Trace } from '../../engine/index.ts';
import { RealRun, clientsOf, type RunWorker } from './real-run.svelte.ts';

/** A recording that was opened from a file. */
export class OpenedRecording extends RealRun {
  /** The file's name. */
  readonly file: string;
  override readonly recorded: Trace;
  override readonly isWhole = true;

  constructor(file: string, recorded: Trace, before: RealRun | null, worker: RunWorker) {
    super(clientsOf(recorded.scenario).join(', '), before, worker);
    this.file = file;
    this.recorded = recorded;
  }
}
