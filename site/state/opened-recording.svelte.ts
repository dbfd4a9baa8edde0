import type { Trace } from '../../engine/index.ts';
import { RealRun, clientsOf, type RunWorker } from './real-run.svelte.ts';

/** A recording that was opened from a file. */
export class OpenedRecording extends RealRun {
  /** The file's name. */
  readonly file: string;
  override readonly recorded: Trace;
  override readonly isWhole = true;

  private constructor(file: string, recorded: Trace, before: RealRun | null, worker: RunWorker) {
    super(clientsOf(recorded.scenario).join(', '), before, worker);
    this.file = file;
    this.recorded = recorded;
  }

  /** @throws SourceError that names the file and the place in it. */
  static async open(
    file: File,
    before: RealRun | null,
    worker: RunWorker,
  ): Promise<OpenedRecording> {
    return new OpenedRecording(file.name, await worker.read(file), before, worker);
  }
}
