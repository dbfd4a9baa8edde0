import { setTimeout as sleep } from 'node:timers/promises';
import { describe, traceOfRecording } from '../../engine/index.ts';
import type { Recording } from './live-run.ts';
import type { TapDesk } from './tap-desk.ts';

export interface TapListener {
  readonly onSentence: (atMs: number, sentence: string) => void;
  readonly onProgress: (text: string) => void;
}

const BETWEEN_LOOKS_MS = 500;
/** A long recording takes its time to be read: of all time it takes at most a tenth. */
const LOOK_SHARE = 10;

/**
 * Says in sentences what happens to a group of a tap, the first that a member joins, until the signal
 * comes.
 *
 * @returns the group; null when no member joined one.
 */
export async function tellOfTap(
  taps: TapDesk,
  tapId: string,
  { onSentence, onProgress }: TapListener,
  signal: AbortSignal,
): Promise<string | null> {
  const said = new Map<string, number>();
  let lineCount = 0;
  let groupCount = 0;
  let restMs = BETWEEN_LOOKS_MS;
  while (!signal.aborted) {
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    const [group, ...others] = taps.groups(tapId);
    if (group === undefined) continue;
    if (groupCount === 0) onProgress(`Watching group ${group}.`);
    for (const other of others.slice(Math.max(0, groupCount - 1))) {
      onProgress(`Group ${other} comes through as well; --group ${other} tells of that one.`);
    }
    groupCount = others.length + 1;
    const beganMs = Date.now();
    const recording = taps.recording(tapId, group);
    if (recording !== null && recording.lines.length > lineCount) {
      lineCount = recording.lines.length;
      sayNews(recording, said, onSentence);
    }
    restMs = Math.max(BETWEEN_LOOKS_MS, (Date.now() - beganMs) * LOOK_SHARE);
  }
  return taps.groups(tapId)[0] ?? null;
}

/**
 * Says what has not been said. A request is known when it is answered, which may be seconds after it
 * came, so a later look finds new events between those of an earlier one.
 */
function sayNews(
  recording: Recording,
  said: Map<string, number>,
  onSentence: TapListener['onSentence'],
): void {
  const trace = traceOfRecording(recording.header, recording.lines, false);
  const seen = new Map<string, number>();
  for (const { step, atMs } of trace.events) {
    const sentence = describe(trace, step);
    const key = `${atMs} ${sentence}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= (said.get(key) ?? 0)) continue;
    said.set(key, count);
    onSentence(atMs, sentence);
  }
}
