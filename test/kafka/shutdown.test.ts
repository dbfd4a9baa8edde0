import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRunStarted } from '../../engine/index.ts';
import { cacheFolder } from '../../server/cache.ts';
import { startPlayground } from '../support/playground.ts';
import { readCase } from '../support/recordings.ts';
import { until } from '../support/until.ts';

/** How long a server may take to come up and a run to have members. */
const START_DEADLINE_MS = 60_000;
/** After this nothing may be left of what was ended. */
const GONE_DEADLINE_MS = 10_000;
const untilGone = (what: string, isGone: () => boolean): Promise<unknown> =>
  until(what, isGone, GONE_DEADLINE_MS);

/** Command lines of processes that a process has started, and those they have started. */
function descendants(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  const all = readdirSync('/proc').flatMap((name) => {
    const stat = readQuietly(`/proc/${name}/stat`);
    const parent = /^\d+ \(.*\) \S (\d+)/.exec(stat)?.[1];
    return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }];
  });
  const below = (of: number): readonly number[] =>
    all.filter(({ parent }) => parent === of).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid).map((child) => ({
    pid: child,
    command: readQuietly(`/proc/${child}/cmdline`).replaceAll('\0', ' '),
  }));
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const brokerFolders = (): readonly string[] => {
  const data = join(cacheFolder(), 'data');
  return existsSync(data) ? readdirSync(data) : [];
};

/** At SIGUSR2 there is an exception that nobody catches. */
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { throw new Error('thrown by a test'); });",
)}`;

/** Starts the server and a live run in it on one or three brokers, up to the point where members run. */
async function startServerWithRun(brokerCount: 1 | 3 = 1) {
  const before = new Set(brokerFolders());
  const server = startPlayground(['serve', '--port', '0'], { KAFKA_BROKERS: '', NODE_OPTIONS });
  let output = '';
  server.all.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(
    'the server prints its address',
    () => /playground-token: \S+\n/.test(output),
    START_DEADLINE_MS,
  );
  const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0] ?? '';
  const token = /playground-token: (\S+)/.exec(output)?.[1] ?? '';
  const { scenario: plain } = readCase('eager-join');
  const move = { atMs: plain.untilMs, do: 'moveCoordinator', loadingMs: 0 };
  const scenario = brokerCount === 1 ? plain : { ...plain, script: [...plain.script, move] };
  const response = await fetch(`${address}api/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'playground-token': token },
    body: JSON.stringify({ scenario, client: 'kafkajs' }),
  });
  expect(response.status).toBe(202);
  const { runId } = parseRunStarted(await response.json());
  const ask = (path: string, method = 'GET') =>
    fetch(`${address}${path}`, { method, headers: { 'playground-token': token } });
  const pid = server.pid ?? 0;
  await until(
    'broker and members run',
    () => {
      const commands = descendants(pid).map(({ command }) => command);
      return (
        commands.some((command) => command.includes('kafka.Kafka')) &&
        commands.filter((command) => command.includes('kafkajs-member')).length === 3
      );
    },
    START_DEADLINE_MS,
  );
  const children = descendants(pid).map((child) => child.pid);
  const folders = brokerFolders().filter((name) => !before.has(name));
  expect(folders).toHaveLength(brokerCount);
  return { server, children, folders, runId, ask };
}

async function readUntil({ body }: Response, text: string): Promise<void> {
  let heard = '';
  for await (const chunk of body ?? []) {
    heard += Buffer.from(chunk as Uint8Array).toString();
    if (heard.includes(text)) return;
  }
  throw new Error(`the answer ended without ${text}: ${heard}`);
}

/** `kill -9` of the child whose command line has this in it. */
function killChild(pid: number, part: string): void {
  const child = descendants(pid).find(({ command }) => command.includes(part));
  if (child === undefined) throw new Error(`no process of ${part}`);
  process.kill(child.pid, 'SIGKILL');
}

// These look into /proc, which only Linux has.
describe.runIf(process.platform === 'linux')('the server', () => {
  it.each([
    ['by SIGINT', 'SIGINT', 1],
    ['by SIGKILL', 'SIGKILL', 1],
    ['by SIGKILL, and with three brokers,', 'SIGKILL', 3],
    ['by an exception that nobody caught', 'SIGUSR2', 1],
  ] as const)('ended %s in the middle of a run leaves nothing', async (_how, signal, count) => {
    const { server, children, folders } = await startServerWithRun(count);
    server.kill(signal);
    await server;
    await untilGone('all processes are gone', () => children.every((pid) => !isAlive(pid)));
    await untilGone('the broker’s folder is gone', () =>
      brokerFolders().every((name) => !folders.includes(name)),
    );
  });

  it('whose broker’s keeper is killed ends the run with that problem, and leaves nothing of it', async () => {
    const { server, children, folders, runId, ask } = await startServerWithRun();
    killChild(server.pid ?? 0, 'keeper.ts');
    await untilGone('all processes are gone', () => children.every((pid) => !isAlive(pid)));
    await untilGone('the broker’s folder is gone', () =>
      brokerFolders().every((name) => !folders.includes(name)),
    );
    const events = await (await ask(`api/runs/${runId}/events`)).text();
    expect(events).toContain('ended in the middle of the run');
    server.kill('SIGINT');
    await server;
  });

  it('one of whose members is killed goes on with the run, and takes a cancellation', async () => {
    const { server, children, runId, ask } = await startServerWithRun();
    // Before that they are prepared, and the run would end with that problem.
    const events = await ask(`api/runs/${runId}/events`);
    await readUntil(events, '"type":"line"');
    killChild(server.pid ?? 0, 'kafkajs-member');
    await untilGone('one process is gone', () => !children.every((pid) => isAlive(pid)));
    expect(await (await ask('api/status')).json()).toMatchObject({ runId });
    expect((await ask(`api/runs/${runId}`, 'DELETE')).status).toBe(204);
    await untilGone('no member runs', () =>
      descendants(server.pid ?? 0).every(({ command }) => !command.includes('kafkajs-member')),
    );
    server.kill('SIGINT');
    await server;
    await untilGone('all processes are gone', () => children.every((pid) => !isAlive(pid)));
  });
});
