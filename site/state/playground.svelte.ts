import {
  existing,
  ownershipOf,
  rebalancesOf,
  view,
  type MemberName,
  type Scenario,
  type Trace,
} from '../../engine/index.ts';
import { preparedRun } from '../sources/prepared.ts';
import { EngineWorker } from '../sources/engine-worker.ts';
import { problemOf, type Problem } from '../sources/problem.ts';
import type { LiveSession } from './live-session.svelte.ts';
import type { OpenedRecording } from './opened-recording.svelte.ts';
import type { RealRun } from './real-run.svelte.ts';
import type { Shown } from './shown.ts';
import { restMs, sameMoment, stopIndexOf, stopsOf, type Detail } from './stops.ts';
import type { TapSession } from './tap-session.svelte.ts';

/** All state of the page and the only writer of it. */
export class Playground {
  readonly scenario: Scenario;
  readonly worker = new EngineWorker();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** The lesson's own run, simulated. */
  lesson = $state.raw<Trace | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** The last run of real clients: on a real broker, or opened from a file. */
  real = $state.raw<RealRun | null>(null);
  /** The last tap. */
  tap = $state.raw<TapSession | null>(null);
  shown = $state<Shown>('lesson');
  step = $state(0);
  detail = $state<Detail>('moments');
  speed = $state(1);
  isPlaying = $state(false);
  selected = $state.raw<MemberName>();

  readonly trace = $derived(this.#traceOf(this.shown));
  readonly stops = $derived(this.trace === null ? [0] : stopsOf(this.trace, this.detail));
  readonly stopIndex = $derived(stopIndexOf(this.stops, this.step));
  readonly view = $derived(
    this.trace === null
      ? null
      : view(this.trace, Math.min(this.step, this.trace.events.length - 1)),
  );
  /** Messages under way, and the one that this step delivers or drops. */
  readonly messages = $derived.by(() => {
    const { trace, view: shown } = this;
    if (trace === null || shown === null) return [];
    const { event } = shown;
    if (event.kind !== 'messageDelivered' && event.kind !== 'messageDropped') {
      return shown.messagesInFlight.map((message) => ({ message, fate: 'underWay' as const }));
    }
    const fate = event.kind === 'messageDelivered' ? ('arrives' as const) : ('dropped' as const);
    return view(trace, event.step - 1).messagesInFlight.map((message) => ({
      message,
      fate: message.sentStep === event.sentStep ? fate : ('underWay' as const),
    }));
  });
  readonly lanes = $derived(this.trace === null ? [] : ownershipOf(this.trace));
  readonly rebalances = $derived(this.trace === null ? [] : rebalancesOf(this.trace));
  /** The rebalance that the step is in, or the last one before it; the first before any. */
  readonly rebalance = $derived(
    this.rebalances.findLast(({ fromStep }) => fromStep <= this.step) ?? this.rebalances[0] ?? null,
  );

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.selected = existing(scenario.members[0], 'first member').name;
  }

  /** Shows the first frame of the lesson's run. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      const { scenario } = this;
      this.lesson = (await preparedRun(scenario)) ?? (await this.worker.simulate(scenario));
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  select(name: MemberName): void {
    this.selected = name;
  }

  /** Shows another run from its beginning, or at a step. */
  show(shown: Shown, step = 0): void {
    this.pause();
    this.shown = shown;
    this.goTo(step);
  }

  setDetail(detail: Detail): void {
    this.pause();
    this.detail = detail;
    // What is shown is always a stop, so that stepping either way visits the same steps.
    this.goToStop(this.stopIndex);
  }

  #traceOf(shown: Shown): Trace | null {
    switch (shown) {
      case 'lesson':
        return this.lesson;
      case 'simulated':
        return this.real?.simulated ?? null;
      case 'real':
        return this.real?.recorded ?? null;
      case 'earlier':
        return this.real?.earlier?.trace ?? null;
      case 'tapped':
        return this.tap?.trace ?? null;
    }
  }

  // ---- time ---------------------------------------------------------------------------------

  goTo(step: number): void {
    const last = (this.trace?.events.length ?? 1) - 1;
    this.step = Math.max(0, Math.min(step, last));
  }

  goToStop(index: number): void {
    const bounded = Math.max(0, Math.min(index, this.stops.length - 1));
    this.goTo(this.stops[bounded] ?? 0);
  }

  /** Stops playing and shows a step, whether stepping would stop there or not. */
  jump(step: number): void {
    this.pause();
    this.goTo(step);
  }

  /** Shows what the run was in at a time: the last stop up to then. */
  seek(atMs: number): void {
    this.pause();
    const index = this.stops.findLastIndex((stop) => (this.trace?.events[stop]?.atMs ?? 0) <= atMs);
    this.goToStop(index);
  }

  forward(): void {
    this.goToStop(this.stopIndex + 1);
  }

  back(): void {
    // From between two stops, back leads to the nearer one first.
    const isAtStop = this.stops[this.stopIndex] === this.step;
    this.goToStop(isAtStop ? this.stopIndex - 1 : this.stopIndex);
  }

  first(): void {
    this.pause();
    this.goToStop(0);
  }

  last(): void {
    this.pause();
    this.goToStop(this.stops.length - 1);
  }

  togglePlay(): void {
    if (this.isPlaying) this.pause();
    else this.#play();
  }

  pause(): void {
    this.isPlaying = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #play(): void {
    if (this.stopIndex >= this.stops.length - 1) this.goToStop(0);
    this.isPlaying = true;
    this.#rest();
  }

  #rest(): void {
    const events = this.trace?.events ?? [];
    const nowMs = events[this.step]?.atMs ?? 0;
    const nextMs = events[this.stops[this.stopIndex + 1] ?? 0]?.atMs ?? 0;
    this.#timer = setTimeout(
      () => {
        this.forward();
        if (this.stopIndex >= this.stops.length - 1) this.pause();
        else this.#rest();
      },
      restMs(nextMs - nowMs, this.speed),
    );
  }

  // ---- runs that are under way --------------------------------------------------------------

  /** Runs the scenario with real clients, and shows it while it happens. */
  runLive(live: LiveSession): void {
    if (this.shown !== 'lesson' && this.shown !== 'tapped') this.show('lesson');
    this.real = live;
    void live.run();
  }

  /** Shows a recording from its beginning, and compares it. */
  openRecording(opened: OpenedRecording): void {
    this.real = opened;
    this.show('real');
    const isSimulated = opened.cannotBeHeldAgainst('simulation') === null;
    void opened.holdAgainst(isSimulated ? 'simulation' : 'earlier');
  }

  /** Shows the end of what comes through a tap, and goes along with it. */
  showTap(): void {
    this.show('tapped', (this.tap?.trace?.events.length ?? 1) - 1);
  }

  /**
   * A run has grown: who was at its end goes along, who looks at a step goes on looking at it. The
   * first of it is shown at once.
   */
  onGrown(grown: Shown, before: Trace | null): void {
    const after = this.#traceOf(grown);
    if (after === null) return;
    if (before === null) this.show(grown, after.events.length - 1);
    if (before === null || this.shown !== grown) return;
    const wasAtEnd = this.step >= before.events.length - 1 && !this.isPlaying;
    this.goTo(wasAtEnd ? after.events.length - 1 : sameMoment(before, after, this.step));
  }
}
