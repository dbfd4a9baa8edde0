import * as v from 'valibot';
import { PlaygroundError, type ProblemCode } from './errors.ts';

/**
 * Reads JSON text.
 *
 * @param what how messages name it, such as `scenario.json`.
 * @throws PlaygroundError `not-json` with the line and column of the first mistake.
 */
export function parseJson(text: string, what: string): unknown {
  if (text.trim() === '') {
    throw new PlaygroundError('not-json', `${what} is empty.`, 'Give it the JSON to be read.');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PlaygroundError(
      'not-json',
      `${what} is not JSON: ${reason}${placeOf(text, reason)}.`,
      'Correct the text at that place; strings and keys stand in double quotes, and no comma follows a last entry.',
      error,
    );
  }
}

/** Line and column of the position that the parser names, where it names one without them. */
function placeOf(text: string, reason: string): string {
  const position = /position (\d+)$/.exec(reason)?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

/**
 * Checks a value against a schema.
 *
 * @throws PlaygroundError with `code`; its message names the JSON path of each mistake and what was
 *   expected there.
 */
export function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  where: { readonly code: ProblemCode; readonly what: string; readonly remedy: string },
): v.InferOutput<Schema> {
  refuseDeep(value, where);
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issues = withExpectations(schema, value, result.issues);
  const mistakes = issues.slice(0, MISTAKES_SHOWN).map(describeIssue);
  const more = issues.length - mistakes.length;
  if (more > 0) mistakes.push(`and ${more} more`);
  throw new PlaygroundError(where.code, `${where.what}: ${mistakes.join('; ')}.`, where.remedy);
}

const MISTAKES_SHOWN = 5;

/** No format here nests deeper than a dozen levels, and what walks a value must not run out of stack. */
const DEEPEST = 64;

function refuseDeep(
  value: unknown,
  { code, what, remedy }: { code: ProblemCode; what: string; remedy: string },
): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) {
      throw new PlaygroundError(code, `${what} is nested more than ${DEEPEST} deep.`, remedy);
    }
    level = level.flatMap((one) =>
      one !== null && typeof one === 'object' ? (Object.values(one) as unknown[]) : [],
    );
  }
}

/** Of a missing key the library says only its name; asked with `undefined`, what belongs there. */
function withExpectations(
  schema: v.GenericSchema,
  value: unknown,
  issues: readonly v.BaseIssue<unknown>[],
): readonly v.BaseIssue<unknown>[] {
  const missing = issues.flatMap(({ received, path }) => (received === 'undefined' ? [path] : []));
  if (missing.length === 0) return issues;
  const completed = structuredClone(value);
  for (const path of missing) setUndefined(completed, path?.map(({ key }) => key) ?? []);
  return v.safeParse(schema, completed).issues ?? issues;
}

function setUndefined(value: unknown, [key, ...rest]: readonly unknown[]): void {
  if (value === null || typeof value !== 'object') return;
  const keyed = value as Record<string, unknown>;
  if (rest.length > 0) setUndefined(keyed[String(key)], rest);
  else keyed[String(key)] = undefined;
}

/** `$.script[2].atMs` for the path of keys and indexes. */
export function printPath(keys: readonly unknown[]): string {
  const parts = keys.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[A-Za-z_]\w*$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`;
  });
  return `$${parts.join('')}`;
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = printPath((issue.path ?? []).map((item) => item.key));
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${path} is not a key that is known here`;
  }
  if (issue.received === 'undefined') {
    return `${path} is missing, expected ${describeExpected(issue)}`;
  }
  if (issue.type === 'min_length' || issue.type === 'max_length') {
    return `${path} has length ${issue.received}, expected ${describeExpected(issue)}`;
  }
  return `${path} is ${issue.received}, expected ${describeExpected(issue)}`;
}

/** A schema of ours says what it wants in its message; the library's own names a type. */
function describeExpected(issue: v.BaseIssue<unknown>): string {
  const ownWords = /^expected (.+)$/.exec(issue.message)?.[1];
  const typeName = issue.expected ?? 'something else';
  return ownWords ?? TYPE_WORDS.get(typeName) ?? typeName;
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['Object', 'an object'],
  ['Array', 'a list'],
  ['string', 'a text'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
]);
