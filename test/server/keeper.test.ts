import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { TSX, fromServer } from '../../server/paths.ts';

/** A broker that says when it starts and when it is told to stop. */
const BROKER = `
  process.on('SIGTERM', () => { console.log('down'); process.exit(0); });
  console.log('up');
  setInterval(() => undefined, 1_000);
`;

// Windows has no SIGTERM that a process can hear.
describe.runIf(process.platform !== 'win32')('the keeper of a broker', () => {
  it('stops it and starts it again when told, and removes its folder at the end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-keeper-'));
    const task = JSON.stringify({ command: process.execPath, args: ['-e', BROKER], folder });
    const keeper = execa(process.execPath, ['--import', TSX, fromServer('broker/keeper.ts'), task]);
    const heard: string[] = [];
    for await (const line of createInterface({ input: keeper.stdout })) {
      heard.push(line);
      if (line !== 'up') continue;
      if (heard.length === 1) keeper.stdin.write('restart 10\n');
      else keeper.stdin.end();
    }
    expect((await keeper).exitCode).toBe(0);
    expect(heard).toEqual(['up', 'down', 'up', 'down']);
    expect(existsSync(folder)).toBe(false);
  });
});
