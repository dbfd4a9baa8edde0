import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A file of this folder, wherever the project lies. */
export const fromServer = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A file of the project. */
export const fromProject = (path: string): string => fromServer(`../${path}`);

/** What lets a child process of Node 20 run TypeScript: `node --import TSX file.ts`. */
export const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
