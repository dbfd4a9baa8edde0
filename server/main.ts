import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serve as serveHttp } from '@hono/node-server';
import { pino } from 'pino';
import { PlaygroundError } from '../engine/index.ts';
import { fromProject } from './paths.ts';
import { createApp } from './routes.ts';
import { RunDesk } from './run/run-desk.ts';
import type { TapDesk } from './run/tap-desk.ts';
import type { Settings } from './settings.ts';

const LOOPBACK = '127.0.0.1';

/**
 * Serves the site and the bridge until the signal comes. Builds the site when it is missing or older
 * than its sources.
 *
 * @param onAddress is told where the site is, once it is served.
 * @throws PlaygroundError `port-taken`
 */
export async function serve(
  settings: Settings,
  taps: TapDesk,
  onAddress: (address: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const siteFolder = fromProject('dist');
  await buildIfNeeded(siteFolder);
  const desk = new RunDesk(settings, say);
  const app = createApp(settings, desk, taps, siteFolder);
  const server = serveHttp({ fetch: app.fetch, hostname: LOOPBACK, port: settings.port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? portTaken(settings.port) : error;
  }
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : null;
  onAddress(`http://${LOOPBACK}:${port ?? settings.port}/`);
  if (!signal.aborted) await once(signal, 'abort');
  server.close();
  // Pages keep their connections open; nothing is left to say on them.
  if ('closeAllConnections' in server) server.closeAllConnections();
  try {
    await Promise.all([desk.close(), taps.close()]);
  } catch (error) {
    pino().error(error, 'The bridge did not end cleanly.');
    process.exitCode = 1;
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const portTaken = (port: number): PlaygroundError =>
  new PlaygroundError(
    'port-taken',
    `Port ${port} on ${LOOPBACK} is taken by another program.`,
    `End that program, or give another port: npm start -- --port ${port + 1}, or --port 0 for any.`,
  );

/** Sources that the built site is made of. */
const SOURCES = ['site', 'engine', 'vite.config.ts', 'package-lock.json'];

async function buildIfNeeded(siteFolder: string): Promise<void> {
  const builtMs = await newestMs(join(siteFolder, 'index.html'));
  const sources = await Promise.all(SOURCES.map((path) => newestMs(fromProject(path))));
  // An installed package has the built site and no sources of it.
  const hasSources = (await newestMs(fromProject('site/index.html'))) > 0;
  if (!hasSources || builtMs >= Math.max(...sources)) return;
  say('Building the site; this takes a few seconds.');
  const { build } = await import('vite');
  await build({ configFile: fromProject('vite.config.ts'), logLevel: 'warn' });
}

/** When a file, or the newest file in a folder, was changed; 0 when it is not there. */
async function newestMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const times = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).mtimeMs),
  );
  return Math.max(0, ...times);
}
