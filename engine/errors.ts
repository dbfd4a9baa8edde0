/** What went wrong, for a program to tell apart; the message and the remedy are for people. */
export const PROBLEM_CODES = [
  'scenario-invalid',
  'scenario-unsupported',
  'recording-invalid',
  'recording-too-large',
  'trace-invalid',
  'outcome-invalid',
  'assign-line-invalid',
  'assignor-endless',
  'file-unreadable',
  'file-unwritable',
  'not-json',
  'usage',
  'kafka-version-unknown',
  'broker-unreachable',
  'broker-not-startable',
  'broker-failed',
  'port-taken',
  'java-missing',
  'maven-missing',
  'client-missing',
  'run-busy',
  'run-cancelled',
  'run-unknown',
  'tap-busy',
  'tap-unknown',
  'member-failed',
  'page-unreachable',
  'body-too-large',
  'body-not-json',
  'token-wrong',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** A problem that a person can solve: what is wrong, and one sentence on what to do now. */
export class PlaygroundError extends Error {
  override readonly name = 'PlaygroundError';
  readonly code: ProblemCode;
  /** One sentence the reader can carry out now; shown under the message. */
  readonly remedy: string;

  constructor(code: ProblemCode, problem: string, remedy: string, cause?: unknown) {
    super(problem, { cause });
    this.code = code;
    this.remedy = remedy;
  }
}
