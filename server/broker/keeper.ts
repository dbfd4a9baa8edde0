/**
 * Keeps one broker process: starts it, and ends it when this process's standard input closes, which
 * happens when the server ends in whatever way, `kill -9` included. Then it removes the broker's
 * folder. Its argument is JSON: the command, its arguments, and the folder.
 *
 * The broker's process id is in `broker.pid` in its folder, for who finds this process killed.
 *
 * A line `restart 5000` on its standard input stops the broker and starts it again 5000 ms later.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';

const task = v.parse(
  v.object({ command: v.string(), args: v.array(v.string()), folder: v.string() }),
  JSON.parse(process.argv[2] ?? 'null'),
);

/** How long a broker may take to shut down before it is killed. */
const GRACE_MS = 5_000;

let isOver = false;
/** It stops to be started again. */
let isRestarting = false;
let backAtMs = 0;
let isEnding = false;
let broker = start();

// A group of its own: Ctrl-C in the terminal reaches the server only, which then closes our input.
function start(): ReturnType<typeof spawn> {
  const started = spawn(task.command, task.args, {
    cwd: task.folder,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (started.pid !== undefined) writeFileSync(join(task.folder, 'broker.pid'), `${started.pid}`);
  started.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    void end(1);
  });
  started.on('exit', (code) => {
    if (!isRestarting || isEnding) void end(code ?? 1);
  });
  return started;
}

async function end(code: number): Promise<void> {
  if (isOver) return;
  isOver = true;
  await rm(task.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.exit(code);
}

const hasExited = (): boolean => broker.exitCode !== null || broker.signalCode !== null;

function terminate(): void {
  const stopping = broker;
  stopping.kill('SIGTERM');
  setTimeout(() => stopping.kill('SIGKILL'), GRACE_MS).unref();
}

function stop(): void {
  isEnding = true;
  if (hasExited()) void end(0);
  else terminate();
}

/** The last order says when it comes back. */
async function restart(downMs: number): Promise<void> {
  backAtMs = Date.now() + downMs;
  if (isRestarting) return;
  isRestarting = true;
  terminate();
  if (!hasExited()) await once(broker, 'exit');
  while (Date.now() < backAtMs) await sleep(backAtMs - Date.now());
  if (isEnding) return;
  isRestarting = false;
  broker = start();
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (order) => {
  const downMs = /^restart (\d+)$/.exec(order)?.[1];
  if (downMs !== undefined) void restart(Number(downMs));
});
orders.on('close', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
