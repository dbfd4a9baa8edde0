/**
 * Keeps one broker process: starts it, and ends it when this process's standard input closes, which
 * happens when the server ends in whatever way, `kill -9` included. Then it removes the broker's
 * folder. Its argument is JSON: the command, its arguments, and the folder.
 */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import * as v from 'valibot';

const task = v.parse(
  v.object({ command: v.string(), args: v.array(v.string()), folder: v.string() }),
  JSON.parse(process.argv[2] ?? 'null'),
);

/** How long a broker may take to shut down before it is killed. */
const GRACE_MS = 5_000;

// A group of its own: Ctrl-C in the terminal reaches the server only, which then closes our input.
const broker = spawn(task.command, task.args, {
  cwd: task.folder,
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
let isOver = false;

async function end(code: number): Promise<void> {
  if (isOver) return;
  isOver = true;
  await rm(task.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.exit(code);
}

broker.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  void end(1);
});
broker.on('exit', (code) => void end(code ?? 1));

function stop(): void {
  broker.kill('SIGTERM');
  setTimeout(() => broker.kill('SIGKILL'), GRACE_MS).unref();
}

process.stdin.on('end', stop).on('close', stop).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
