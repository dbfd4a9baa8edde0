import { readFile } from 'node:fs/promises';
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
    return await readFile(file, 'utf8');
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
  const what = nameOf(file);
  return parseScenario(parseJson(await readText(file), what), what);
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

const nameOf = (file: string): string => (file === '-' ? 'Standard input' : file);

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
