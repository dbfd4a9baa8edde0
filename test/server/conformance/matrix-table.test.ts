import { describe, expect, it } from 'vitest';
import { printMatrix, withMatrix } from '../../../server/conformance/matrix-table.ts';
import {
  parseResults,
  printResults,
  type MatrixResult,
  type MatrixRun,
} from '../../../server/conformance/matrix-results.ts';

const SAME: MatrixRun = { result: 'same', rules: [], divergences: [] };
const DIVERGING: MatrixRun = {
  result: 'divergence',
  rules: [],
  divergences: ['From the simulation: C2 does more.'],
};

const aResult = (
  parts: Partial<Extract<MatrixResult, { runs: unknown }>> & { readonly runs: MatrixRun[] },
): MatrixResult => ({
  scenario: 'eager-join',
  client: 'java',
  kafka: '4.3.1',
  date: '2026-11-25',
  clients: { java: '4.3.1' },
  ...parts,
});

describe('printMatrix', () => {
  it('has a row for each scenario, a column for each client and version, newest first', () => {
    const text = printMatrix([
      aResult({ runs: [SAME] }),
      aResult({ kafka: '4.10.0', runs: [SAME] }),
      aResult({ client: 'kafkajs', clients: { kafkajs: '2.2.4' }, runs: [SAME] }),
      aResult({ scenario: 'sticky-join', runs: [SAME] }),
    ]);
    expect(text).toContain(
      [
        '| Scenario      | java, Kafka 4.10.0 | java, Kafka 4.3.1 | kafkajs, Kafka 4.3.1 |',
        '| ------------- | ------------------ | ----------------- | -------------------- |',
        '| `eager-join`  | same               | same              | same                 |',
        '| `sticky-join` |                    | same              |                      |',
      ].join('\n'),
    );
    expect(text).toMatch(
      /^4 combinations run on 2026-11-25 with java 4\.3\.1, kafkajs 2\.2\.4: 4 /,
    );
  });

  it('gives the rule that allows a difference, and the reason of what does not apply', () => {
    const text = printMatrix([
      aResult({ runs: [{ ...SAME, result: 'allowed', rules: ['hash-order-of-ids'] }] }),
      { scenario: 'sticky-join', client: 'java', kafka: '4.3.1', notApplicable: 'It has none' },
    ]);
    expect(text).toContain('| allowed (1) ');
    expect(text).toContain('| n/a (2) ');
    expect(text).toContain('- (1) Allowed by `hash-order-of-ids`.\n- (2) It has none.\n');
  });

  it('hides no run that diverged, also when a later one did not', () => {
    const text = printMatrix([
      aResult({ runs: [DIVERGING, SAME] }),
      aResult({
        kafka: '4.1.1',
        runs: [DIVERGING, DIVERGING, { ...DIVERGING, divergences: ['From it: C1 does less.'] }],
      }),
    ]);
    expect(text).toContain('| same in run 2 (1) ');
    expect(text).toContain('| differs in run 3 (2, 1) ');
    expect(text).toContain('- (1) In a run before that: From the simulation: C2 does more.\n');
    expect(text).toContain(
      '1 the same, 0 with differences that a rule allows, 1 different; 2 made',
    );
  });
});

describe('withMatrix', () => {
  it('replaces what stands between the marks, and nothing else', () => {
    const text = 'a\n<!-- matrix:begin -->\n\nold\n<!-- matrix:end -->\nb\n';
    const once = withMatrix(text, [aResult({ runs: [SAME] })], 'README.md');
    expect(once).toMatch(
      /^a\n<!-- matrix:begin -->\n\n1 combinations [^]*\n<!-- matrix:end -->\nb\n$/,
    );
    expect(once).not.toContain('old');
    expect(withMatrix(once, [aResult({ runs: [SAME] })], 'README.md')).toBe(once);
  });

  it('says where the marks are missing', () => {
    expect(() => withMatrix('a', [], 'README.md')).toThrow(
      'README.md has no place for the matrix.',
    );
  });
});

describe('results of the matrix', () => {
  it('are the same when they are read again, whatever their order', () => {
    const results = [
      aResult({ runs: [DIVERGING, SAME] }),
      aResult({ kafka: '4.1.1', runs: [SAME] }),
    ];
    const text = printResults(results);
    expect(printResults([...parseResults(text, 'it')].reverse())).toBe(text);
  });

  it.each(['{"scenario":"eager-join"}', '{"scenario":1}'])('are refused by line: %s', (line) => {
    expect(() => parseResults(`\n${line}`, 'matrix.jsonl')).toThrow(
      'matrix.jsonl, line 2 is not a result of the matrix.',
    );
  });
});
