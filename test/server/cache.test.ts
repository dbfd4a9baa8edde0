import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bringOnce, cacheFolder } from '../../server/cache.ts';

// Where a cache is can be said by environment on Linux only.
describe.runIf(process.platform === 'linux')('bringOnce', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'playground-cache-'));
    vi.stubEnv('XDG_CACHE_HOME', home);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
  const write = (text: string) => (folder: string) => writeFile(join(folder, 'file'), text);

  it('brings once, and whoever comes later finds it', async () => {
    const first = await bringOnce('thing', write('first'));
    expect(await bringOnce('thing', write('second'))).toBe(first);
    expect(await readFile(join(first, 'file'), 'utf8')).toBe('first');
  });

  it('brings once for two that ask at once', async () => {
    const bring = vi.fn(write('one'));
    const folders = await Promise.all([bringOnce('thing', bring), bringOnce('thing', bring)]);
    expect(new Set(folders).size).toBe(1);
    expect(bring).toHaveBeenCalledTimes(1);
    expect(await readdir(cacheFolder())).toEqual(['thing']);
  });

  it('takes the folder of another process that was faster', async () => {
    const folder = join(cacheFolder(), 'thing');
    const brought = await bringOnce('thing', async (fresh) => {
      await write('slow')(fresh);
      await mkdir(folder);
      await write('fast')(folder);
    });
    expect(brought).toBe(folder);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('fast');
    expect(await readdir(cacheFolder())).toEqual(['thing']);
  });

  it('leaves nothing of what failed in the middle', async () => {
    const failing = bringOnce('thing', async (folder) => {
      await write('half')(folder);
      throw new Error('no network');
    });
    await expect(failing).rejects.toThrow('no network');
    expect(await readdir(cacheFolder())).toEqual([]);
  });
});
