import { access, constants, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  PlaygroundError,
  parseJson,
  parseOutcome,
  parseRecording,
  parseScenario,
  parseTrace,
  type Outcome,
  type Scenario,
  type Trace,
} from '../engine/index.ts';

/** What a file given on the command line turned out to be. */
export type Content =
  | { readonly type: 'scenario'; readonly scenario: Scenario }
  | { readonly type: 'trace'; readonly trace: Trace }
  | { readonly type: 'outcome'; readonly outcome: Outcome };

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws PlaygroundError `file-unreadable`
 */
export async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    // Some editors begin a file with a byte order mark.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new PlaygroundError(
      'file-unreadable',
      `${file} cannot be read (${reason}).`,
      'Give the path of a file that is there and that you may read, or - for standard input.',
      error,
    );
  }
}

/** Reads a scenario file. */
export async function readScenario(file: string): Promise<Scenario> {
  const content = await readContent(file);
  if (content.type === 'scenario') return content.scenario;
  throw wrongContent(file, content, 'a scenario');
}

/** Reads a recording or a trace. */
export async function readTrace(file: string): Promise<Trace> {
  const content = await readContent(file);
  if (content.type === 'trace') return content.trace;
  throw wrongContent(file, content, 'a recording or a trace');
}

/** A file of this project, but not of the kind that is needed. */
export function wrongContent(file: string, content: Content, wanted: string): PlaygroundError {
  const found = content.type === 'trace' ? sourceOf(content.trace) : content.type;
  return new PlaygroundError(
    'usage',
    `${nameOf(file)} is ${/^[aeiou]/.test(found) ? 'an' : 'a'} ${found}.`,
    `Give ${wanted} here.`,
  );
}

const sourceOf = ({ source }: Trace): string => (source === 'recorded' ? 'recording' : 'trace');

/**
 * Makes sure that a result can be written when it is there, before it is worked for.
 *
 * @throws PlaygroundError `file-unwritable`
 */
export async function checkWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (error) {
    throw new PlaygroundError(
      'file-unwritable',
      `${file} cannot be written: its folder is not there, or is closed to you.`,
      'Give a path in a folder that you may write to.',
      error,
    );
  }
}

/**
 * Reads a file of any of the project's formats, told apart by its `format`.
 *
 * @throws PlaygroundError naming the file and what is wrong in it.
 */
export async function readContent(file: string): Promise<Content> {
  const what = nameOf(file);
  const content = await readText(file);
  const format = formatOf(content, what);
  if (format.startsWith('rebalance-recording/')) {
    return { type: 'trace', trace: parseRecording(content, what) };
  }
  if (format.startsWith('rebalance-trace/'))
    return { type: 'trace', trace: parseTrace(content, what) };
  if (format.startsWith('rebalance-outcome/')) {
    return { type: 'outcome', outcome: parseOutcome(parseJson(content, what), what) };
  }
  return { type: 'scenario', scenario: parseScenario(parseJson(content, what), what) };
}

export const nameOf = (file: string): string => (file === '-' ? 'Standard input' : file);

/** JSON Lines say their format in the first line, other files in the whole. */
function formatOf(content: string, what: string): string {
  const [firstLine] = content.trimStart().split('\n', 1);
  const isLines = /^\{.*"format"\s*:\s*"rebalance-(recording|trace)\//.test(firstLine ?? '');
  const value = parseJson(isLines ? (firstLine ?? '') : content, what);
  const format =
    value !== null && typeof value === 'object' && 'format' in value ? value.format : null;
  if (typeof format === 'string') return format;
  throw new PlaygroundError(
    'file-unreadable',
    `${what} does not say what it is: $.format is missing.`,
    'Give a scenario, recording, trace or outcome of this project; each has a "format" key.',
  );
}
