import { createInterface } from 'node:readline';
import { execa } from 'execa';
import * as v from 'valibot';
import { PlaygroundError } from '../../engine/index.ts';
import {
  memberReport,
  type MemberOrder,
  type MemberTask,
  type UntimedLine,
} from '../members/contract.ts';
import type { Launch } from '../members/clients.ts';

const PREPARE_DEADLINE_MS = 60_000;
/** How long close() may take at the end of a run, before the process is killed. */
const CLOSE_DEADLINE_MS = 3_000;

const startProcess = ({ command, args }: Launch, task: MemberTask) =>
  execa(command, [...args, JSON.stringify(task)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    buffer: false,
  });

/** The process of one member: told what to do, heard, and ended. */
export class MemberProcess {
  readonly name: string;
  /** The client's name and version; known once the process is prepared. */
  version: string | null = null;
  readonly #child: ReturnType<typeof startProcess>;
  readonly #prepared: Promise<void>;
  readonly ended: Promise<void>;
  #isEnded = false;

  /**
   * @param hear gets what the member says for the recording, with the wall clock's time.
   * @param onExit gets the exit code when the process ends; null when a signal ended it.
   */
  constructor(
    launch: Launch,
    task: MemberTask,
    hear: (line: UntimedLine, epochMs: number) => void,
    onExit: (code: number | null, epochMs: number) => void,
  ) {
    this.name = task.name;
    this.#child = startProcess(launch, task);
    const lines = createInterface({ input: this.#child.stdout });
    this.#prepared = new Promise((resolve) => {
      lines.on('line', (text) => {
        const report = v.parse(memberReport, JSON.parse(text));
        if (report.type === 'line') {
          // The shape is checked again when the recording is read as a trace.
          hear(report.line as UntimedLine, report.epochMs);
        } else {
          this.version = report.version;
          resolve();
        }
      });
    });
    let errors = '';
    this.#child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-600);
    });
    this.ended = this.#child.then((result) => {
      this.#isEnded = true;
      if (errors !== '') process.stderr.write(`${this.name}: ${errors}\n`);
      onExit(result.exitCode ?? null, Date.now());
    });
  }

  /** @throws PlaygroundError `member-failed` when the process does not come up. */
  async prepared(): Promise<void> {
    const failure = this.ended.then(() => 'ended while it started');
    const timeout = new Promise<string>((resolve) => {
      setTimeout(
        resolve,
        PREPARE_DEADLINE_MS,
        `was not ready in ${PREPARE_DEADLINE_MS} ms`,
      ).unref();
    });
    const problem = await Promise.race([this.#prepared, failure, timeout]);
    if (problem === undefined) return;
    throw new PlaygroundError(
      'member-failed',
      `The process of ${this.name} ${problem}.`,
      'Run `npm install` again; if it goes on, report what stands above.',
    );
  }

  tell(order: MemberOrder): void {
    if (!this.#isEnded) this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#isEnded) this.#child.kill(name);
  }

  /** Closes the consumer, so that its group is rid of it, or kills the process; waits for its end. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.signal('SIGCONT');
    this.tell({ type: 'close', groupMembershipOperation: 'DEFAULT' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
