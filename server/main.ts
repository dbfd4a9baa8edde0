import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { printAccess, type Access } from './access.ts';
import { listen } from './http-server.ts';
import { fromProject } from './paths.ts';
import { createApp } from './routes.ts';
import { RunDesk } from './run/run-desk.ts';
import type { Settings } from './settings.ts';
import { onInterrupt } from './shutdown.ts';

/**
 * Serves the site and the bridge until Ctrl-C. Builds the site when it is missing or older than its
 * sources.
 *
 * @throws PlaygroundError `port-taken`
 */
export async function serve(settings: Settings, access: Access): Promise<void> {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const siteFolder = fromProject('dist');
  await buildIfNeeded(siteFolder, say);
  const desk = new RunDesk(settings, say);
  const app = createApp(settings, desk, siteFolder, access);
  const { server, port } = await listen(app, access.host, settings.port);
  for (const line of printAccess(access, port)) say(line);
  await new Promise<void>((resolve) => {
    onInterrupt(() => {
      server.close();
      desk
        .close()
        .catch((error: unknown) => {
          pino().error(error, 'The bridge did not end cleanly.');
          process.exitCode = 1;
        })
        .finally(() => {
          resolve();
          // Pages keep their connections open; nothing is left to say on them.
          process.exit();
        });
    });
  });
}

/** Sources that the built site is made of. */
const SOURCES = ['site', 'engine', 'vite.config.ts', 'package-lock.json'];

async function buildIfNeeded(siteFolder: string, say: (line: string) => void): Promise<void> {
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
