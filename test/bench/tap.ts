import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Figure } from './figures.ts';
import { REQUEST } from './tap-frames.ts';

/** As much as a consumer fetches of a partition at once (max.partition.fetch.bytes). */
const ANSWER_BYTES = 1024 * 1024;
const CONNECTION_COUNT = 4;
const TRIES = 10;
const TRY_MS = 500;

/**
 * What a program gets through the tap, as a part of what it gets without. Like a consumer it asks
 * again when it has its answer, and computes a checksum of all that it gets. Server, tap and program
 * are three processes; the best of some tries counts, turn by turn.
 */
export async function measureTap(): Promise<readonly Figure[]> {
  const server = await startAlone('server', ANSWER_BYTES);
  const tap = await startAlone('tap', server.port);
  let [direct, through] = [0, 0];
  for (let count = 0; count < TRIES; count += 1) {
    direct = Math.max(direct, await bytesReceived(server.port));
    through = Math.max(through, await bytesReceived(tap.port));
  }
  tap.end();
  server.end();
  const perSecond = Math.round(direct / 1e6 / (TRY_MS / 1_000));
  return [
    {
      name: `tap, ${CONNECTION_COUNT} connections, answers of 1 MiB; without it ${perSecond} MB/s`,
      value: through / direct,
      unit: 'of that',
      budget: 0.9,
      isRate: true,
    },
  ];
}

async function bytesReceived(port: number): Promise<number> {
  let bytes = 0;
  const sockets = Array.from({ length: CONNECTION_COUNT }, () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let leftBytes = 0;
    let checksum = 0;
    const ask = (): void => {
      leftBytes += ANSWER_BYTES;
      socket.write(REQUEST);
    };
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      leftBytes -= chunk.length;
      checksum = crc32(chunk, checksum);
      if (leftBytes === 0) ask();
    });
    ask();
    return socket;
  });
  await sleep(TRY_MS);
  for (const socket of sockets) socket.destroy();
  return bytes;
}

interface Alone {
  readonly port: number;
  readonly end: () => void;
}

async function startAlone(role: 'server' | 'tap', argument: number): Promise<Alone> {
  const program = fileURLToPath(new URL('tap-alone.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, role, String(argument)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { port: Number(port), end: () => child.stdin.end() };
}
