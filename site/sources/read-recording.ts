import {
  LARGEST_RECORDING_BYTES,
  parseRecording,
  printMegabytes,
  type Trace,
} from '../../engine/index.ts';
import { SourceError } from './problem.ts';

/**
 * Reads a recording that somebody has opened.
 *
 * @throws SourceError or PlaygroundError that names the file and the place in it.
 */
export async function readRecording(file: File): Promise<Trace> {
  if (file.size > LARGEST_RECORDING_BYTES) {
    throw new SourceError({
      problem: `${file.name} is larger than ${printMegabytes(LARGEST_RECORDING_BYTES)}, and no recording is.`,
      remedy: 'Open the recording of a shorter run.',
    });
  }
  let text: string;
  try {
    text = await file.text();
  } catch {
    throw new SourceError({
      problem: `${file.name} cannot be read.`,
      remedy: 'See whether it is still there and is a file, then open it again.',
    });
  }
  return parseRecording(text, file.name);
}
