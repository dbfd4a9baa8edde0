import type { LiveMessage, OpenTap, StartTap, TapMessage, Trace } from '../../engine/index.ts';
import { problemOf, type Problem } from '../sources/problem.ts';
import { closeTap, hearTap, openTap, recordingAddress } from '../sources/taps.ts';
import { GrowingRun } from './growing-run.svelte.ts';

interface TappedGroup {
  readonly group: string;
  readonly run: GrowingRun;
}

/** A tap and what comes through it. Loaded with the tab that opens it. */
export class TapSession {
  readonly open: OpenTap;
  isOpen = $state(true);
  /** In the order in which their first members joined. */
  groups = $state.raw<readonly TappedGroup[]>([]);
  /** The group that is shown. */
  chosen = $state<string | null>(null);
  /** Why nothing more is heard or recorded. */
  problem = $state.raw<Problem | null>(null);
  readonly #run = $derived(this.groups.find(({ group }) => group === this.chosen)?.run ?? null);
  readonly #onGrown: (before: Trace | null) => void;

  /** @param onGrown is called whenever `trace` is another, with the one before. */
  constructor(open: OpenTap, onGrown: (before: Trace | null) => void) {
    this.open = open;
    this.#onGrown = onGrown;
    hearTap(
      open,
      (message) => {
        this.#hear(message);
      },
      (problem) => {
        this.isOpen = false;
        this.problem = problem;
      },
    );
  }

  /** @throws SourceError when the bridge refuses. */
  static readonly openTap = (wanted: StartTap): Promise<OpenTap> => openTap(wanted);

  /** What the programs of the chosen group have done so far. */
  get trace(): Trace | null {
    return this.#run?.trace ?? null;
  }

  /** When the tap was opened, in epoch milliseconds. */
  get startedMs(): number | null {
    return this.#run?.startedMs ?? null;
  }

  /** Where the recording of the chosen group can be downloaded; null before there is one. */
  get recording(): string | null {
    return this.chosen === null ? null : recordingAddress(this.open, this.chosen);
  }

  async close(): Promise<void> {
    try {
      await closeTap(this.open);
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  #hear(message: TapMessage): void {
    switch (message.type) {
      case 'group':
        this.#hearGroup(this.#find(message.group), message.message);
        return;
      case 'full':
        this.problem = message;
        return;
      case 'end':
        this.isOpen = false;
        return;
    }
  }

  #hearGroup(run: GrowingRun, message: LiveMessage): void {
    switch (message.type) {
      case 'header':
        run.setHeader(message.header);
        return;
      case 'line':
        run.add(message.line);
        return;
      case 'end':
        try {
          run.end(message.header);
        } catch (error) {
          this.problem = problemOf(error);
        }
        return;
      case 'progress':
      case 'polled':
      case 'problem':
        // A tap says none of its groups.
        return;
    }
  }

  #find(group: string): GrowingRun {
    const known = this.groups.find((one) => one.group === group);
    if (known !== undefined) return known.run;
    const run = new GrowingRun((before) => {
      if (this.chosen === group) this.#onGrown(before);
    });
    this.groups = [...this.groups, { group, run }];
    this.chosen ??= group;
    return run;
  }
}
