import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';

/** Where jars, clients and data folders are kept, by the custom of the operating system. */
export const cacheFolder = (): string =>
  envPaths('kafka-rebalance-playground', { suffix: '' }).cache;

/** What this process is bringing now: tools such as Maven do not like to run twice at once. */
const underWay = new Map<string, Promise<string>>();

/**
 * A folder of the cache, made the first time that it is asked for. Whoever asks meanwhile waits; another
 * process brings its own and is not disturbed. What fails in the middle leaves nothing.
 *
 * @param bring fills an empty folder, which is then renamed.
 */
export function bringOnce(name: string, bring: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  const known = underWay.get(folder);
  if (known !== undefined) return known;
  const brought = bringTo(folder, bring).finally(() => underWay.delete(folder));
  underWay.set(folder, brought);
  return brought;
}

async function bringTo(folder: string, bring: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const fresh = await mkdtemp(join(cacheFolder(), 'bringing-'));
  try {
    await bring(fresh);
    // Another process may have been faster: then its folder is as good.
    await rename(fresh, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}
