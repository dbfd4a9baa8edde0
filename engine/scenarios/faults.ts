import type { ErrorCode } from '../protocol/error-codes.ts';
import type { MemberName } from '../protocol/ids.ts';
import type { ApiName } from '../protocol/messages.ts';
import type { FaultCommand } from './scenario.ts';

/** What becomes of a request, and which command wants it so; `because` is what `add` was given. */
export type Fate =
  | { readonly type: 'passed' }
  | { readonly type: 'late'; readonly byMs: number }
  | { readonly type: 'lost'; readonly because: number }
  | { readonly type: 'answered'; readonly errorCode: ErrorCode; readonly because: number };

interface Fault {
  readonly command: FaultCommand;
  readonly untilMs: number;
  readonly because: number;
  /** How many requests are still to be answered. */
  leftCount: number;
}

const FOR_EVER = Number.POSITIVE_INFINITY;

/**
 * What the script does to members' connections, as it stands; the simulator and the bridge go by it
 * alike. A request that is to be lost is not answered, and one that is answered is not late.
 */
export class Faults {
  #faults: readonly Fault[] = [];

  add(command: FaultCommand, nowMs: number, because = 0): void {
    const untilMs = command.do === 'answer' ? FOR_EVER : nowMs + command.forMs;
    const leftCount = command.do === 'answer' ? command.count : 0;
    this.#faults = [...this.#faults, { command, untilMs, because, leftCount }];
  }

  /** The command that keeps a member from connecting just now; null when nothing does. */
  cutBecauseOf(member: MemberName, nowMs: number): number | null {
    return this.#at(nowMs).find((fault) => isOf(fault, 'cut', member, null))?.because ?? null;
  }

  /**
   * What becomes of a request that is sent now, which counts as sent.
   *
   * @param api null for one that belongs to no group, such as a Fetch.
   */
  judge(member: MemberName, api: ApiName | null, nowMs: number): Fate {
    const faults = this.#at(nowMs);
    const lost = faults.find((fault) => isOf(fault, 'drop', member, api));
    if (lost !== undefined) return { type: 'lost', because: lost.because };
    const answered = faults.find((fault) => isOf(fault, 'answer', member, api));
    if (answered?.command.do === 'answer') {
      const { command, because } = answered;
      answered.leftCount -= 1;
      return { type: 'answered', errorCode: command.errorCode, because };
    }
    const byMs = faults.flatMap(({ command, ...rest }) =>
      command.do === 'delay' && isOf({ command, ...rest }, 'delay', member, api)
        ? [command.byMs]
        : [],
    );
    return byMs.length === 0 ? { type: 'passed' } : { type: 'late', byMs: Math.max(...byMs) };
  }

  /** Those in force; the others are forgotten, for time does not go back. */
  #at(nowMs: number): readonly Fault[] {
    if (this.#faults.length === 0) return this.#faults;
    this.#faults = this.#faults.filter(
      ({ command, untilMs, leftCount }) =>
        untilMs > nowMs && (command.do !== 'answer' || leftCount > 0),
    );
    return this.#faults;
  }
}

function isOf(
  { command }: Fault,
  what: FaultCommand['do'],
  member: MemberName,
  api: ApiName | null,
): boolean {
  if (command.do !== what || command.member !== member) return false;
  return command.do === 'cut' || command.api === undefined || command.api === api;
}
