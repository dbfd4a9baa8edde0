import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PlaygroundError, brokenInvariants, parseRecording } from '../../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

const TEXT = readFileSync(
  new URL('../../recordings/eager-join.recording.jsonl', import.meta.url),
  'utf8',
);
const LINES = TEXT.trim().split('\n');

/** The recording with one line replaced. */
const withLine = (index: number, line: string): string =>
  LINES.map((known, at) => (at === index ? line : known)).join('\n');

describe('parseRecording', () => {
  it.each(RECORDING_NAMES)('gives a trace that keeps the promises of traces: %s', (name) => {
    const { trace } = readCase(name);
    const ofOrder = brokenInvariants(trace).filter(({ promise }) => !promise.includes('one owner'));
    expect(ofOrder).toEqual([]);
  });

  it('marks what it deduced', () => {
    const { trace } = readCase('eager-join');
    const inferred = new Set(
      trace.events.filter((event) => event.inferred).map(({ kind }) => kind),
    );
    expect(inferred).toContain('groupState');
    expect(inferred).not.toContain('messageSent');
  });

  it.each([
    ['an empty file', '', 'is empty'],
    [
      'a header of another version',
      withLine(0, '{"format":"rebalance-recording/7"}'),
      'line 1: $.format',
    ],
    ['a line that is no JSON', withLine(3, '{'), 'line 4 is not JSON'],
    ['a line of an unknown type', withLine(3, '{"atMs":1,"type":"dream"}'), 'line 4: $.type'],
    [
      'a key that is not known',
      withLine(2, '{"atMs":1,"type":"ready","member":"C1","mood":"good"}'),
      'line 3: $.mood',
    ],
    [
      'an API that is not known',
      withLine(4, (LINES[4] ?? '').replace('FindCoordinator', 'Fetch')),
      'Line 5: the API "Fetch"',
    ],
  ])('refuses %s and names the place', (_what, text, place) => {
    expect(() => parseRecording(text, 'r.jsonl')).toThrow(PlaygroundError);
    expect(() => parseRecording(text, 'r.jsonl')).toThrow(place);
  });
});
