import { PlaygroundError } from '../../engine/index.ts';

/** What went wrong and what to do, for people. */
export interface Problem {
  readonly problem: string;
  readonly remedy: string;
}

/** A failure that says what to do; the page shows both. */
export class SourceError extends Error implements Problem {
  readonly problem: string;
  readonly remedy: string;

  constructor({ problem, remedy }: Problem) {
    super(problem);
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** What to tell people of any failure. */
export function problemOf(error: unknown): Problem {
  if (error instanceof SourceError) return error;
  if (error instanceof PlaygroundError) return { problem: error.message, remedy: error.remedy };
  const problem = error instanceof Error ? error.message : String(error);
  return { problem, remedy: 'Load the page again.' };
}
