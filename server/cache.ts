import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';

/** Where jars, clients and data folders are kept, by the custom of the operating system. */
export const cacheFolder = (): string =>
  envPaths('kafka-rebalance-playground', { suffix: '' }).cache;

/**
 * A folder of the cache, made the first time that it is asked for; two that ask at once do not
 * disturb each other, and what fails in the middle leaves nothing.
 *
 * @param bring fills an empty folder, which is then renamed.
 */
export async function bringOnce(
  name: string,
  bring: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const fresh = await mkdtemp(join(cacheFolder(), 'bringing-'));
  try {
    await bring(fresh);
    // Whoever comes second throws its own copy away.
    await rename(fresh, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}
