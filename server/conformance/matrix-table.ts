import { CLIENT_KINDS, PlaygroundError } from '../../engine/index.ts';
import { keyOf, type MatrixResult, type MatrixRun } from './matrix-results.ts';

const BEGIN = '<!-- matrix:begin -->';
const END = '<!-- matrix:end -->';

/**
 * A text with the matrix of these results between its two marks, in place of what was there.
 *
 * @throws PlaygroundError `file-unreadable` when the marks are missing.
 */
export function withMatrix(text: string, results: readonly MatrixResult[], what: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) {
    throw new PlaygroundError(
      'file-unreadable',
      `${what} has no place for the matrix.`,
      `Put the lines ${BEGIN} and ${END} where it is to stand.`,
    );
  }
  return `${text.slice(0, from)}${BEGIN}\n\n${printMatrix(results)}\n${text.slice(to)}`;
}

/** Results as Markdown: what they come to together, a table, and notes on what is not plainly the same. */
export function printMatrix(results: readonly MatrixResult[]): string {
  const notes = new Notes();
  const columns = columnsOf(results);
  const byKey = new Map(results.map((result) => [keyOf(result), result]));
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))].sort();
  const rows = scenarios.map((scenario) => [
    `\`${scenario}\``,
    ...columns.map((column) => printCell(byKey.get(keyOf({ scenario, ...column })), notes)),
  ]);
  const header = ['Scenario', ...columns.map(({ client, kafka }) => `${client}, Kafka ${kafka}`)];
  return `${summarize(results)}\n\n${printTable(header, rows)}${notes.print()}`;
}

type Column = Pick<MatrixResult, 'client' | 'kafka'>;

/** Clients in their usual order, newest broker first; only those of which there is a result. */
function columnsOf(results: readonly MatrixResult[]): readonly Column[] {
  const versions = [...new Set(results.map(({ kafka }) => kafka))].sort(newestFirst);
  return CLIENT_KINDS.flatMap((client) =>
    versions
      .filter((kafka) =>
        results.some((result) => result.client === client && result.kafka === kafka),
      )
      .map((kafka) => ({ client, kafka })),
  );
}

function newestFirst(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const differing = left?.findIndex((part, index) => part !== right?.[index]) ?? -1;
  return differing < 0 ? 0 : (right?.[differing] ?? 0) - (left?.[differing] ?? 0);
}

function summarize(results: readonly MatrixResult[]): string {
  const made = results.flatMap((result) => ('runs' in result ? [result] : []));
  const count = (wanted: MatrixRun['result']): number =>
    made.filter(({ runs }) => runs.at(-1)?.result === wanted).length;
  const dates = made.map(({ date }) => date).sort();
  const [first = 'no day', last = first] = [dates[0], dates.at(-1)];
  const days = first === last ? `on ${first}` : `from ${first} to ${last}`;
  const clients = new Map(made.flatMap((result) => Object.entries(result.clients)));
  const versions = [...clients].map(([client, version]) => `${client} ${version}`).sort();
  const again = made.filter(({ runs }) => runs.length > 1).length;
  return (
    `${made.length} combinations run ${days} with ${versions.join(', ')}: ${count('same')} the same, ` +
    `${count('allowed')} with differences that a rule allows, ${count('divergence')} different; ` +
    `${again} made more than one run. ${results.length - made.length} do not apply. ` +
    'An empty place has not been run.'
  );
}

function printCell(result: MatrixResult | undefined, notes: Notes): string {
  if (result === undefined) return '';
  if ('notApplicable' in result) return `n/a (${notes.numberOf(`${result.notApplicable}.`)})`;
  const { runs } = result;
  const last = runs.at(-1);
  if (last === undefined) throw new Error('bug: a result without a run');
  const earlier = runs
    .slice(0, -1)
    .flatMap(({ divergences }) => divergences)
    .filter((text) => !last.divergences.includes(text));
  const reasons = [
    ...(last.result === 'allowed' ? last.rules.map((rule) => `Allowed by \`${rule}\`.`) : []),
    ...(last.result === 'divergence' ? last.divergences : []),
    ...earlier.map((text) => `In a run before that: ${text}`),
  ];
  const words = { same: 'same', allowed: 'allowed', divergence: 'differs' };
  const which = runs.length === 1 ? '' : ` in run ${runs.length}`;
  const numbers = [...new Set(reasons)].map((reason) => notes.numberOf(reason));
  const marks = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  return `${words[last.result]}${which}${marks}`;
}

/** Reasons, numbered as they come; the same reason has one number. */
class Notes {
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size + 1;
    this.#numbers.set(text, number);
    return number;
  }

  print(): string {
    const lines = [...this.#numbers].map(([text, number]) => `- (${number}) ${text}\n`);
    return lines.length === 0 ? '' : `\n${lines.join('')}`;
  }
}

/** With columns as wide as the formatter has them. */
function printTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const printRow = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [header, rule, ...rows].map(printRow).join('');
}
