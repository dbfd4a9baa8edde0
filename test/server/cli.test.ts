import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import mermaid from 'mermaid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOutcome, parseTrace } from '../../engine/index.ts';
import { aScenario } from '../support/builders.ts';
import { runPlayground } from '../support/playground.ts';
import { readCase, readText } from '../support/recordings.ts';

const recording = (file: string): string =>
  fileURLToPath(new URL(`../recordings/${file}`, import.meta.url));
const EAGER_JOIN = recording('eager-join.scenario.json');
const KAFKAJS_JOIN = recording('kafkajs-join.scenario.json');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playground-cli-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function aFile(content: unknown): Promise<string> {
  const file = join(folder, 'bad.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A recording of kafkajs-join in which C2 is told of another partition than the leader gave it. */
async function aSpoiltRun(): Promise<string> {
  const file = join(folder, 'spoilt.recording.jsonl');
  const [from, to] = ['orders-1', 'orders-2'].map(
    (partition) => `"partitions":["${partition}"],"member":"C2"`,
  );
  const text = readText('kafkajs-join.recording.jsonl');
  await writeFile(file, text.replace(from ?? '', to ?? ''));
  return file;
}

/** The scenario of lesson 1 with something changed. */
const changed = (change: (scenario: Record<string, unknown>) => void): unknown => {
  const scenario = structuredClone(readCase('eager-join').scenario) as unknown as Record<
    string,
    unknown
  >;
  change(scenario);
  return scenario;
};

describe('assign', () => {
  const vectors = gunzipSync(
    readFileSync(new URL('../vectors/assignors.jsonl.gz', import.meta.url)),
  )
    .toString()
    .split('\n')
    .slice(0, 3);

  it('answers each line with one', async () => {
    const { stdout, exitCode } = await runPlayground(['assign'], `${vectors.join('\n')}\n\n`);
    expect(exitCode).toBe(0);
    const sorted = (line: string): string => {
      const { result } = JSON.parse(line) as { result: Record<string, unknown> };
      return JSON.stringify(Object.entries(result).sort());
    };
    expect(stdout.split('\n').map(sorted)).toEqual(vectors.map(sorted));
  });

  it('names the line that it cannot read, after it has answered those before', async () => {
    const input = `${vectors[0] ?? ''}\n{"assignor": "best"}\n`;
    const { stdout, stderr, exitCode } = await runPlayground(['assign'], input);
    expect(exitCode).toBe(2);
    expect(stdout).toContain('"result"');
    expect(stderr).toContain('line 2: $.assignor is "best", expected one of range');
  });
});

describe('simulate', () => {
  it('prints the recorded outcome of eager-join', async () => {
    const { stdout, exitCode } = await runPlayground(['simulate', EAGER_JOIN, '--outcome']);
    expect(exitCode).toBe(0);
    expect(parseOutcome(JSON.parse(stdout))).toEqual(readCase('eager-join').outcome);
  });

  it('takes the ids of a recording', async () => {
    const { trace } = readCase('eager-join');
    const ids = recording('eager-join.recording.jsonl');
    const args = ['simulate', EAGER_JOIN, '--trace', '--ids-from', ids];
    const simulated = parseTrace((await runPlayground(args)).stdout);
    expect(simulated.memberIds).toEqual(trace.memberIds);
  });

  it('prints the same bytes twice, and others for another seed', async () => {
    const args = ['simulate', EAGER_JOIN, '--trace', '--seed', '7'];
    const [first, second, other] = await Promise.all([
      runPlayground(args),
      runPlayground(args),
      runPlayground([...args.slice(0, -1), '8']),
    ]);
    expect(second.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
  });

  it('reads standard input and prints an account in words', async () => {
    const scenario = JSON.stringify(readCase('eager-join').scenario);
    const { stdout } = await runPlayground(['simulate', '-'], scenario);
    expect(stdout).toContain('REBALANCE_IN_PROGRESS');
  });
});

describe('compare', () => {
  it('exits 0 for runs that came to the same', async () => {
    const ran = await runPlayground([
      'compare',
      EAGER_JOIN,
      recording('eager-join.recording.jsonl'),
    ]);
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Same outcome') as string,
    });
  });

  it('exits 1 for runs that diverge, and names every difference', async () => {
    const ran = await runPlayground(['compare', EAGER_JOIN, recording('eager-crash.outcome.json')]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toContain('generations[0].assignment');
  });

  it('prints after a divergence what the members did that it is about, in two columns', async () => {
    const { exitCode, stdout } = await runPlayground(['compare', KAFKAJS_JOIN, await aSpoiltRun()]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /\n>>> The runs part here:\n +\d+ ms {2}listener: assigned orders-1 +≠ +\d+ ms {2}listener: assigned orders-2\n/,
    );
    expect(stdout).toContain('\nC2, kafkajs-join.scenario.json (simulated: kafka 4.3.1) ');
    expect(stdout).toContain('Without a divergence: C1, C3.');
  });

  it('prints all members in two columns when asked to, also of runs that came to the same', async () => {
    const right = recording('kafkajs-join.recording.jsonl');
    const ran = await runPlayground(['compare', '--side-by-side', KAFKAJS_JOIN, right]);
    expect(ran.exitCode).toBe(0);
    for (const name of ['C1', 'C2', 'C3']) expect(ran.stdout).toContain(`\n${name}, kafkajs-join`);
  });

  it('has nothing to set side by side of an outcome, and says what to give', async () => {
    const outcome = recording('eager-join.outcome.json');
    const ran = await runPlayground(['compare', '--side-by-side', EAGER_JOIN, outcome]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toMatch(/is an outcome\.\nGive a scenario, a recording or a trace/);
  });

  it('compares the first with each of the others, and exits 1 when one of them differs', async () => {
    const same = recording('kafkajs-join.recording.jsonl');
    const ran = await runPlayground(['compare', KAFKAJS_JOIN, same, await aSpoiltRun(), same]);
    expect(ran.exitCode).toBe(1);
    const verdicts = [...ran.stdout.matchAll(/^(Same outcome|The runs diverge)/gm)];
    expect(verdicts.map(([verdict]) => verdict)).toEqual([
      'Same outcome',
      'The runs diverge',
      'Same outcome',
    ]);
    expect(ran.stdout).toContain(`2 of 3 came to the same as ${KAFKAJS_JOIN}.`);
    expect(ran.stdout).toMatch(/\nstart C3: generation 2 stable +980 +980 +980 +\d+ +\d+ +\d+ /);
    expect((await runPlayground(['compare', KAFKAJS_JOIN, same, same])).exitCode).toBe(0);
  });

  it('exits 2 when it could not compare', async () => {
    const ran = await runPlayground(['compare', EAGER_JOIN, join(folder, 'none.json')]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('cannot be read (ENOENT)');
  });
});

describe('mermaid', () => {
  it('draws a recording', async () => {
    const { stdout } = await runPlayground(['mermaid', recording('eager-join.recording.jsonl')]);
    expect(stdout).toMatch(/^sequenceDiagram\n {2}participant P0 as Coordinator\n/);
    await mermaid.parse(stdout);
  });
});

describe('bad input', () => {
  it.each([
    ['an unknown key', changed((s) => (s['colour'] = 'red')), '$.colour is not a key'],
    ['another version', changed((s) => (s['format'] = 'rebalance-scenario/9')), '$.format'],
    [
      'an unknown command',
      changed((s) => (s['script'] = [{ atMs: 0, do: 'explode', member: 'C1' }])),
      '$.script[0].do',
    ],
    [
      'an unknown member',
      changed((s) => (s['script'] = [{ atMs: 0, do: 'start', member: 'C9' }])),
      '$.script[0].member is "C9"',
    ],
    [
      'a negative time',
      changed((s) => (s['script'] = [{ atMs: -1, do: 'start', member: 'C1' }])),
      '$.script[0].atMs is -1',
    ],
    [
      'a member started twice',
      changed((s) => {
        s['script'] = [0, 5].map((atMs) => ({ atMs, do: 'start', member: 'C1' }));
      }),
      '$.script[1].do starts C1',
    ],
    [
      'a missing key',
      changed((s) => (s['script'] = [{ do: 'start', member: 'C1' }])),
      '$.script[0].atMs is missing, expected whole milliseconds',
    ],
    ['text that is no JSON', '{ "format": ', 'is not JSON'],
    ['nothing', '', 'is empty'],
  ])('exits 2 and names place and remedy for %s', async (_what, content, place) => {
    const ran = await runPlayground(['simulate', await aFile(content)]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(place);
    expect(ran.stderr.trim().split('\n').length).toBeGreaterThanOrEqual(2);
    expect(ran.stderr).not.toContain('    at ');
  });

  it.each([
    ['an unknown command', ['dance']],
    ['an unknown option', ['simulate', EAGER_JOIN, '--fast']],
    ['a seed that is no number', ['simulate', EAGER_JOIN, '--seed', 'x']],
    ['no repeat at all', ['live', EAGER_JOIN, '--repeat', '0']],
    ['a scenario that the matrix does not have', ['matrix', '--scenarios', 'eager-joined']],
    ['a client that the matrix does not have', ['matrix', '--clients', 'sarama']],
    ['a version of Kafka that is none', ['matrix', '--kafka-versions', 'latest']],
    ['a version of Kafka without KRaft', ['live', EAGER_JOIN, '--kafka-version', '2.8.0']],
    ['two kinds of output', ['simulate', EAGER_JOIN, '--trace', '--outcome']],
    ['a port that is none', ['serve', '--port', '99999']],
    [
      'a recording in the place of a scenario',
      ['simulate', recording('eager-join.recording.jsonl')],
    ],
    ['ids from a scenario', ['simulate', EAGER_JOIN, '--ids-from', EAGER_JOIN]],
    ['a diagram of an outcome', ['mermaid', recording('eager-join.outcome.json')]],
    ['a result in a folder that is not there', ['live', KAFKAJS_JOIN, '--out', '/none/at/all']],
  ])('exits 2 for %s', async (_what, args) => {
    const ran = await runPlayground(args);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).not.toBe('');
    expect(ran.stderr).not.toContain('    at ');
  });

  it('refuses to run live what only another client can do, before anything starts', async () => {
    const script = [
      { atMs: 0, do: 'start', member: 'C1' },
      { atMs: 5_000, do: 'commit', member: 'C1' },
    ];
    const file = await aFile(JSON.stringify(aScenario({ members: ['C1'], script })));
    const ran = await runPlayground(['live', file, '--client', 'kafkajs']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('$.script[1].do is "commit"');
    expect(ran.stderr).toContain('play the member by another client');
  });
});

describe('tap', () => {
  it('listens for this machine alone', async () => {
    const { stderr, exitCode } = await runPlayground([
      ...['tap', '--listen', '0.0.0.0:19092', '--to', '127.0.0.1:9092'],
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('It must be an address of this machine alone: 127.0.0.1:PORT.');
  });
});
