import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { brokenInvariants, outcomeOf, parseRecording, type Trace } from '../../engine/index.ts';
import { RECORDING_NAMES, readCase } from '../support/recordings.ts';

/** A recording as a tap would have made it: its requests, and nothing that members said. */
function readRequests(name: string): Trace {
  const file = new URL(`../recordings/${name}.recording.jsonl`, import.meta.url);
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const requests = lines.filter((line) => {
    const { type } = JSON.parse(line) as { readonly type: string };
    return type === 'request';
  });
  return parseRecording([header, ...requests].join('\n'), name);
}

describe('the requests of a recording alone', () => {
  it.each(RECORDING_NAMES)('of %s come to the same generations, and keep its promises', (name) => {
    const [trace, whole] = [readRequests(name), readCase(name).trace];
    const broken = (each: Trace): readonly string[] =>
      brokenInvariants(each).map(({ promise, found }) => `${promise}: ${found}`);
    const known = broken(whole);
    expect(broken(trace).filter((text) => !known.includes(text))).toEqual([]);
    expect(outcomeOf(trace).generations).toEqual(outcomeOf(whole).generations);
  });

  it('tell what the members hold that are left at the end', () => {
    const trace = readRequests('eager-leave');
    const held = new Map(
      trace.events.flatMap((event) =>
        event.kind === 'assignmentChanged' ? [[event.actor, event.assignment.length]] : [],
      ),
    );
    expect(Object.fromEntries(held)).toEqual({ 'member/C1': 2, 'member/C2': 0, 'member/C3': 2 });
  });
});
