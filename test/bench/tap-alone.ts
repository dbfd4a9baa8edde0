/**
 * One side of the tap's measure, in a process of its own. It prints its port and ends with its
 * input. `server BYTES` answers each request at once with so many bytes; `tap PORT` stands before a
 * server.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Tap } from '../../server/wire/tap.ts';
import { REQUEST, anAnswer } from './tap-frames.ts';

const [role, argument] = process.argv.slice(2);
process.stdin.resume().on('end', () => process.exit(0));
console.log(await (role === 'tap' ? startTap(Number(argument)) : startServer(Number(argument))));

async function startTap(port: number): Promise<number> {
  const to = [{ host: '127.0.0.1', port }];
  const tap = await Tap.open({ to, onExchange: () => undefined });
  return tap.addresses[0]?.port ?? 0;
}

async function startServer(bytes: number): Promise<number> {
  const answer = anAnswer(bytes);
  const server = createServer({ noDelay: true }, (socket) => {
    let askedBytes = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      askedBytes += chunk.length;
      for (; askedBytes >= REQUEST.length; askedBytes -= REQUEST.length) socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
