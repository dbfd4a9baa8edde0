import {
  LinesWithNews,
  PlaygroundError,
  traceOfRecording,
  type LiveMessage,
  type RecordingHeader,
  type Trace,
} from '../../engine/index.ts';
import { figuresOf, type GroupFigures } from './group-figures.ts';

/** Reading a long recording takes its time, and bytes of a tap wait for it: at most a tenth of all time. */
const READ_SHARE = 10;

/** A group of a run or a tap: the lines that were told of it, and its figures. */
export class HeardGroup {
  readonly #hasEnds: boolean;
  readonly #nowMs: () => number;
  readonly #lines = new LinesWithNews();
  #header: RecordingHeader | null = null;
  #hasEnded = false;
  #figures: GroupFigures | null = null;
  /** What the figures were read of, so that the same is not read again. */
  #readOf = '';
  #restUntilMs = 0;
  #lineCount = 0;

  /** @param hasEnds whether it is known how far partitions go. */
  constructor(hasEnds: boolean, nowMs: () => number) {
    this.#hasEnds = hasEnds;
    this.#nowMs = nowMs;
  }

  get name(): string {
    return this.#header?.scenario.group ?? '';
  }

  hear(message: LiveMessage): void {
    if (message.type === 'header' || message.type === 'end') this.#header = message.header;
    if (message.type === 'end') this.#hasEnded = true;
    if (message.type !== 'line') return;
    this.#lines.add(message.line);
    this.#lineCount += 1;
  }

  /** @param isListening while it is, a member of whom nothing comes is silent; later nobody knows. */
  figures(isListening: boolean): GroupFigures | null {
    const beganMs = this.#nowMs();
    if (this.#header === null || beganMs < this.#restUntilMs) return this.#figures;
    const untilMs = isListening ? beganMs - Date.parse(this.#header.recordedAt) : null;
    const readOf = `${this.#lineCount} ${untilMs ?? 'over'}`;
    if (readOf === this.#readOf) return this.#figures;
    const trace = this.#read(this.#header, untilMs);
    if (trace === null) return this.#figures;
    this.#readOf = readOf;
    this.#figures = neverBack(this.#figures, figuresOf(trace, this.#hasEnds));
    this.#restUntilMs = beganMs + (this.#nowMs() - beganMs) * READ_SHARE;
    return this.#figures;
  }

  #read(header: RecordingHeader, untilMs: number | null): Trace | null {
    const scenario = untilMs === null ? header.scenario : { ...header.scenario, untilMs };
    const isComplete = untilMs !== null || this.#hasEnded;
    try {
      return traceOfRecording({ ...header, scenario }, this.#lines.lines, isComplete);
    } catch (error) {
      if (!(error instanceof PlaygroundError)) throw error;
      // Lines come not quite in order: what cannot be read yet may be once the next ones are here.
      return null;
    }
  }
}

/** Counters never go back, also where a later line has corrected what was deduced. */
function neverBack(before: GroupFigures | null, now: GroupFigures): GroupFigures {
  if (before === null) return now;
  return {
    ...now,
    rebalanceCounts: larger(before.rebalanceCounts, now.rebalanceCounts),
    ownerlessMs: larger(before.ownerlessMs, now.ownerlessMs),
  };
}

const larger = <Key>(
  before: ReadonlyMap<Key, number>,
  now: ReadonlyMap<Key, number>,
): ReadonlyMap<Key, number> =>
  new Map([...now].map(([key, value]) => [key, Math.max(value, before.get(key) ?? 0)]));
