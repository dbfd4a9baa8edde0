import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../server/bin.js', import.meta.url));

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `playground ARGS` as a person would, with standard input where it is given. */
export async function runPlayground(args: readonly string[], input = ''): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, ...args], {
    input,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

/** Starts `playground ARGS` and leaves it running. */
export const startPlayground = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) => execa(process.execPath, [BIN, ...args], { reject: false, env: environment, all: true });
