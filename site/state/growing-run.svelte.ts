import {
  traceOfRecording,
  type RecordingHeader,
  type RecordingLine,
  type Trace,
} from '../../engine/index.ts';

/** How often a run that is under way is read anew. */
const REFRESH_MS = 400;
/** A long run takes its time to be read: of the page's time it gets at most a tenth. */
const READ_SHARE = 10;

/** What is known of a run that is under way: the lines of its recording, read as a trace now and then. */
export class GrowingRun {
  trace = $state.raw<Trace | null>(null);
  readonly #onGrown: (before: Trace | null) => void;
  readonly #lines: RecordingLine[] = [];
  #header: RecordingHeader | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #restMs = REFRESH_MS;

  /** @param onGrown is called whenever `trace` is another, with the one before. */
  constructor(onGrown: (before: Trace | null) => void) {
    this.#onGrown = onGrown;
  }

  /** When it began, in epoch milliseconds; null before there is a header. */
  get startedMs(): number | null {
    return this.#header === null ? null : Date.parse(this.#header.recordedAt);
  }

  /** What the lines are of; takes the place of an earlier one. */
  setHeader(header: RecordingHeader): void {
    this.#header = header;
    this.#readSoon();
  }

  add(line: RecordingLine): void {
    this.#lines.push(line);
    this.#readSoon();
  }

  /**
   * Reads the whole run.
   *
   * @throws PlaygroundError when what was heard cannot be read.
   */
  end(header: RecordingHeader): void {
    this.stop();
    this.#header = header;
    this.#read(header, true);
  }

  /** Reads nothing more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #readSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#header === null || this.#lines.length === 0) return;
      try {
        this.#read(this.#header, false);
      } catch {
        // Lines come not quite in order: what cannot be read yet may be once the next ones are here.
      }
    }, this.#restMs);
  }

  #read(header: RecordingHeader, isComplete: boolean): void {
    const beganMs = performance.now();
    const before = this.trace;
    this.trace = traceOfRecording(header, this.#lines, isComplete);
    this.#restMs = Math.max(REFRESH_MS, (performance.now() - beganMs) * READ_SHARE);
    this.#onGrown(before);
  }
}
