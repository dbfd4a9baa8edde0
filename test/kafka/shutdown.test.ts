import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../server/cache.ts';
import { startPlayground } from '../support/playground.ts';
import { readCase } from '../support/recordings.ts';
import { until } from '../support/until.ts';

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

/** Starts the server and a live run in it, up to the point where members run. */
async function startServerWithRun() {
  const before = new Set(brokerFolders());
  const server = startPlayground(['serve', '--port', '0'], { KAFKA_BROKERS: '' });
  let output = '';
  server.all.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until('the server prints its address', () => /playground-token: \S+\n/.test(output));
  const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0] ?? '';
  const token = /playground-token: (\S+)/.exec(output)?.[1] ?? '';
  const { scenario } = readCase('eager-join');
  const response = await fetch(`${address}api/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'playground-token': token },
    body: JSON.stringify({ scenario, client: 'kafkajs' }),
  });
  expect(response.status).toBe(202);
  const pid = server.pid ?? 0;
  await until('broker and members run', () => {
    const commands = descendants(pid).map(({ command }) => command);
    return (
      commands.some((command) => command.includes('kafka.Kafka')) &&
      commands.filter((command) => command.includes('kafkajs-member')).length === 3
    );
  });
  const children = descendants(pid).map((child) => child.pid);
  const folders = brokerFolders().filter((name) => !before.has(name));
  expect(folders).toHaveLength(1);
  return { server, children, folders };
}

// These look into /proc, which only Linux has.
describe.runIf(process.platform === 'linux')('the server', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'ended by %s in the middle of a run leaves nothing',
    async (signal) => {
      const { server, children, folders } = await startServerWithRun();
      server.kill(signal);
      await server;
      await until('all processes are gone', () => children.every((pid) => !isAlive(pid)));
      await until('the broker’s folder is gone', () =>
        brokerFolders().every((name) => !folders.includes(name)),
      );
    },
  );
});
