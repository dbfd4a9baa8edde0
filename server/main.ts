import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Access } from './access.ts';
import { listen } from './http-server.ts';
import { fromProject } from './paths.ts';
import { createApp } from './routes.ts';
import { RunDesk } from './run/run-desk.ts';
import type { TapDesk } from './run/tap-desk.ts';
import type { Settings } from './settings.ts';

/**
 * Serves the site and the bridge until the signal comes. Builds the site when it is missing or older
 * than its sources.
 *
 * @param onListening is told the port, once the site is served there.
 * @throws PlaygroundError `port-taken`
 */
export async function serve(
  settings: Settings,
  access: Access,
  taps: TapDesk,
  signal: AbortSignal,
  onListening: (port: number) => void,
): Promise<void> {
  const siteFolder = fromProject('dist');
  await buildIfNeeded(siteFolder);
  const desk = new RunDesk(settings, say);
  const app = createApp(settings, desk, taps, siteFolder, access);
  const { server, port } = await listen(app, access.host, settings.port);
  onListening(port);
  if (!signal.aborted) await once(signal, 'abort');
  server.close();
  // Pages keep their connections open; nothing is left to say on them.
  server.closeAllConnections();
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
