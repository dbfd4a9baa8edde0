import { setTimeout as sleep } from 'node:timers/promises';
import { describe, traceOfRecording } from '../../engine/index.ts';
import { TappedGroup } from '../record/tapped-group.ts';
import type { Address } from '../wire/addresses.ts';
import { Tap, printAddress } from '../wire/tap.ts';
import type { Recording } from './live-run.ts';

export interface TapRunOptions {
  readonly listen: Address;
  readonly to: Address;
  /** Null takes the first group that a member joins. */
  readonly group: string | null;
  readonly onSentence: (atMs: number, sentence: string) => void;
  readonly onProgress: (text: string) => void;
}

const BETWEEN_LOOKS_MS = 500;

/**
 * Stands before a broker until the signal comes, and says what happens to a group of the programs
 * that connect through it. Nothing is written to the broker.
 *
 * @returns the recording; null when no member joined.
 * @throws PlaygroundError `port-taken`.
 */
export async function runTap(
  { listen, to, group, onSentence, onProgress }: TapRunOptions,
  signal: AbortSignal,
): Promise<Recording | null> {
  const tapped = new TappedGroup(group, Date.now());
  let isNews = false;
  const tap = await Tap.open({
    listen,
    to: [to],
    onExchange: (exchange, connection) => {
      const known = tapped.group;
      if (tapped.hear({ exchange, connection })) isNews = true;
      if (known === null && tapped.group !== null) onProgress(`Watching group ${tapped.group}.`);
    },
    onClosed: (connection) => {
      tapped.onClosed(connection);
    },
  });
  onProgress(`Point your programs to ${printAddress(listen)} instead of ${printAddress(to)}.`);
  const said = new Map<string, number>();
  const look = (): void => {
    if (isNews) sayNews(tapped.recording(Date.now()), said, onSentence);
    isNews = false;
  };
  try {
    while (!signal.aborted) {
      await sleep(BETWEEN_LOOKS_MS, undefined, { signal }).catch(() => undefined);
      look();
    }
    return tapped.recording(Date.now());
  } finally {
    await tap.close();
  }
}

/**
 * Says what has not been said. A request is known when it is answered, which may be seconds after it
 * came, so a later look finds new events between those of an earlier one.
 */
function sayNews(
  recording: Recording | null,
  said: Map<string, number>,
  onSentence: TapRunOptions['onSentence'],
): void {
  if (recording === null) return;
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
