import { describe, expect, it } from 'vitest';
import { LARGEST_RECORDING_BYTES } from '../../../engine/index.ts';
import { problemOf, type Problem } from '../../../site/sources/problem.ts';
import { readRecording } from '../../../site/sources/read-recording.ts';
import { readText } from '../../support/recordings.ts';

const text = readText('eager-join.recording.jsonl');
const problemWith = (content: string): Promise<Problem | null> =>
  readRecording(new File([content], 'run.jsonl')).then(() => null, problemOf);

describe('readRecording', () => {
  it('reads a file as the run that was recorded', async () => {
    const trace = await readRecording(new File([text], 'run.jsonl'));
    expect(trace.source).toBe('recorded');
    expect(trace.scenario.name).toBe('eager-join');
  });

  it('names file, line and place of what is no recording, and what to do', async () => {
    expect(await problemWith('{}')).toMatchObject({
      problem: expect.stringContaining('run.jsonl, line 1') as string,
      remedy: expect.stringContaining('engine/trace/README.md') as string,
    });
    const lines = text.split('\n');
    lines[2] = '{ "atMs": 1, "type": "surprise" }';
    expect((await problemWith(lines.join('\n')))?.problem).toMatch(/run\.jsonl, line 3.*\$\.type/);
    lines[2] = '{ half a line';
    expect((await problemWith(lines.join('\n')))?.problem).toContain('run.jsonl, line 3');
    expect((await problemWith(''))?.problem).toBe('run.jsonl is empty.');
  });

  it('refuses a file that is larger than any recording, without reading it', async () => {
    const file = new File(['{}'], 'huge.jsonl');
    Object.defineProperty(file, 'size', { value: LARGEST_RECORDING_BYTES + 1 });
    const problem = await readRecording(file).then(() => null, problemOf);
    expect(problem?.problem).toBe('huge.jsonl is larger than 64 MB, and no recording is.');
  });

  it('says so when the file cannot be read any more', async () => {
    const file = new File(['{}'], 'gone.jsonl');
    file.text = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
    const problem = await readRecording(file).then(() => null, problemOf);
    expect(problem?.problem).toBe('gone.jsonl cannot be read.');
  });
});
