import * as v from 'valibot';
import { CLIENT_KINDS, parseJson, PlaygroundError } from '../../engine/index.ts';

/** One run of a combination, compared with its simulation and with the recorded run where there is one. */
const runSchema = v.strictObject({
  result: v.picklist(['same', 'allowed', 'divergence']),
  /** Rules that allow what differs, by name. */
  rules: v.array(v.string()),
  /** What each comparison says of the first divergence. */
  divergences: v.array(v.string()),
});

const combination = {
  scenario: v.string(),
  client: v.picklist(CLIENT_KINDS),
  /** Version of the broker. */
  kafka: v.string(),
};

const resultSchema = v.union([
  v.strictObject({ ...combination, notApplicable: v.string() }),
  v.strictObject({
    ...combination,
    /** The day, ISO 8601. */
    date: v.string(),
    clients: v.record(v.string(), v.string()),
    /** In order; a run that diverges is made again, and none is left out. */
    runs: v.pipe(v.array(runSchema), v.minLength(1)),
  }),
]);

export type MatrixRun = v.InferOutput<typeof runSchema>;
/** What is known of one combination of scenario, client and broker version. */
export type MatrixResult = v.InferOutput<typeof resultSchema>;

/** What tells one combination from another. */
export const keyOf = ({
  scenario,
  client,
  kafka,
}: Pick<MatrixResult, 'scenario' | 'client' | 'kafka'>): string => `${scenario} ${client} ${kafka}`;

/**
 * Reads results, one JSON object a line.
 *
 * @throws PlaygroundError `file-unreadable` or `not-json`, naming the line.
 */
export function parseResults(text: string, what: string): readonly MatrixResult[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${what}, line ${index + 1}`;
    const read = v.safeParse(resultSchema, parseJson(line, where));
    if (read.success) return [read.output];
    throw new PlaygroundError(
      'file-unreadable',
      `${where} is not a result of the matrix.`,
      'Remove the line and run `playground matrix --only-missing`.',
    );
  });
}

/** Results as text, in an order that does not depend on when each was made. */
export function printResults(results: readonly MatrixResult[]): string {
  const keyed = results.map((result) => [keyOf(result), JSON.stringify(result)] as const);
  const sorted = keyed.sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, line]) => `${line}\n`).join('');
}
