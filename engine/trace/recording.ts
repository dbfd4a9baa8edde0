import type { Trace } from './events.ts';
import type { RecordingHeader, RecordingLine } from './recording-types.ts';

/** The trace of a recording, or of as much of it as there is yet. */
export function traceOfRecording(_header: RecordingHeader, _lines: readonly RecordingLine[]): Trace {
  throw new Error('not yet');
}

/** Reads the text of a `*.recording.jsonl`. */
export function parseRecording(_text: string, _what?: string): Trace {
  throw new Error('not yet');
}
