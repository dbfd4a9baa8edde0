import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { markdownSections } from './site/lessons/markdown-plugin.ts';
import { preparedRuns } from './site/lessons/prepared-runs.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const engine = fromRoot('engine/');
const isOfEngine = (id: string): boolean => id.startsWith(engine) || /\/xstate\//.test(id);

/**
 * Loading a module of the engine does nothing by itself, so the page can leave out what only the
 * worker or a tab needs, XState above all, and the worker what only the page reads.
 */
const treeshake = { moduleSideEffects: (id: string) => !isOfEngine(id) };

export default defineConfig({
  root: fromRoot('site'),
  cacheDir: fromRoot('node_modules/.vite'),
  // Relative addresses, so that the built site works from any path of any host.
  base: './',
  plugins: [markdownSections(), preparedRuns(), svelte({ configFile: false })],
  build: {
    outDir: fromRoot('dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Mermaid is one large chunk that is loaded when a diagram is first shown.
    chunkSizeWarningLimit: 3_000,
    // The page's policy allows no inline script and no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { treeshake },
  },
  worker: { format: 'es', rolldownOptions: { treeshake } },
  test: {
    projects: [
      {
        plugins: [markdownSections(), preparedRuns(), svelte({ configFile: false })],
        test: {
          name: 'unit',
          root: fromRoot('.'),
          include: ['test/{engine,server,site,properties,conformance}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'kafka',
          root: fromRoot('.'),
          include: ['test/kafka/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'kafka-all',
          root: fromRoot('.'),
          include: ['test/kafka/all/*.test.ts'],
          // As many runs at once as two cores bear without their members being late.
          maxConcurrency: 4,
          // Real members race, and one that a busy machine holds up joins after the others: such a run is
          // made again, which the report says. A rule that is wrong fails every time.
          retry: 2,
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
