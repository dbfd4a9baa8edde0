import {
  PlaygroundError,
  existing,
  idsOf,
  ownershipOf,
  rebalancesOf,
  view,
  withClient,
  type BridgeStatus,
  type LiveMessage,
  type MemberName,
  type RecordingHeader,
  type RecordingLine,
  type Scenario,
  type Trace,
  type Verdict,
} from '../../engine/index.ts';
import { readBridgeStatus, startLive, type LiveHandle } from '../sources/live.ts';
import { SimulatedSource, SourceError, type Problem } from '../sources/simulated.ts';
import { restMs, stopIndexOf, stopsOf, type Detail } from './stops.ts';

/** What is being shown: the lesson's run, the simulation of a live run, or what real clients did. */
export type Shown = 'lesson' | 'simulated' | 'real';

/** The real clients that the page offers. */
const LIVE_CLIENT = 'kafkajs';

/** How often a run that is under way is read anew. */
const REFRESH_MS = 400;

/** A run on a real broker, from the order to the verdict. */
export interface LiveRun {
  readonly phase: 'starting' | 'running' | 'comparing' | 'done' | 'failed';
  readonly progress: readonly string[];
  readonly problem: Problem | null;
  /** Settings of the scenario that the client does not have. */
  readonly leftOut: readonly string[];
  /** The simulation of the very scenario that was run, with the ids it got. */
  readonly simulated: Trace | null;
  readonly verdict: Verdict | null;
}

/** All state of the page and the only writer of it. */
export class Playground {
  readonly scenario: Scenario;
  readonly #source = new SimulatedSource();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #handle: LiveHandle | null = null;

  /** The lesson's own run, simulated. */
  lesson = $state.raw<Trace | null>(null);
  recorded = $state.raw<Trace | null>(null);
  problem = $state.raw<Problem | null>(null);
  live = $state.raw<LiveRun | null>(null);
  bridge = $state.raw<BridgeStatus | null | 'asking'>('asking');
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

  /** Simulates the scenario and shows its first frame. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      this.lesson = await this.#source.run(this.scenario);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.bridge = await readBridgeStatus();
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
        return this.live?.simulated ?? null;
      case 'real':
        return this.recorded;
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

  // ---- live ---------------------------------------------------------------------------------

  /** Runs the scenario with real clients, shows it while it happens, and compares at the end. */
  async runLive(): Promise<void> {
    const { leftOut } = withClient(this.scenario, LIVE_CLIENT);
    if (this.shown !== 'lesson') this.show('lesson');
    this.recorded = null;
    this.live = {
      phase: 'starting',
      progress: [],
      problem: null,
      leftOut,
      simulated: null,
      verdict: null,
    };
    const { compareTraces, traceOfRecording } = await import('../sources/recorded.ts');
    const lines: RecordingLine[] = [];
    let header: RecordingHeader | null = null;
    let refresh: ReturnType<typeof setTimeout> | null = null;
    const show = (isComplete: boolean): void => {
      refresh = null;
      if (header === null) return;
      const isFirst = this.recorded === null;
      try {
        this.recorded = traceOfRecording(header, lines, isComplete);
      } catch (error) {
        // Lines come not quite in order: what cannot be read yet may be once the next ones are here.
        if (isComplete) this.#changeLive(() => ({ phase: 'failed', problem: problemOf(error) }));
        return;
      }
      if (isFirst) this.show('real');
      this.#follow();
    };
    const onMessage = (message: LiveMessage): void => {
      switch (message.type) {
        case 'progress':
          this.#changeLive((live) => ({ progress: [...live.progress, message.text] }));
          return;
        case 'header':
          header = message.header;
          this.#changeLive(() => ({ phase: 'running' }));
          return;
        case 'line':
          lines.push(message.line);
          refresh ??= setTimeout(() => {
            show(false);
          }, REFRESH_MS);
          return;
        case 'end':
          if (refresh !== null) clearTimeout(refresh);
          header = message.header;
          this.#handle = null;
          show(true);
          if (this.live?.phase !== 'failed') void this.#compare(compareTraces);
          return;
        case 'problem': {
          if (refresh !== null) clearTimeout(refresh);
          const { problem, remedy } = message;
          this.#handle = null;
          this.#changeLive(() => ({ phase: 'failed', problem: { problem, remedy } }));
          return;
        }
      }
    };
    try {
      this.#handle = await startLive(this.scenario, LIVE_CLIENT, onMessage);
    } catch (error) {
      this.#changeLive(() => ({ phase: 'failed', problem: problemOf(error) }));
    }
  }

  async cancelLive(): Promise<void> {
    await this.#handle?.cancel();
  }

  #changeLive(change: (live: LiveRun) => Partial<LiveRun>): void {
    if (this.live !== null) this.live = { ...this.live, ...change(this.live) };
  }

  /** Who watches a run as it happens is taken along. */
  #follow(): void {
    if (this.shown === 'real' && !this.isPlaying) this.goToStop(this.stops.length - 1);
  }

  async #compare(compareTraces: (left: Trace, right: Trace) => Verdict): Promise<void> {
    const { recorded } = this;
    if (recorded === null) return;
    this.#changeLive(() => ({ phase: 'comparing' }));
    try {
      const simulated = await this.#source.run(recorded.scenario, idsOf(recorded));
      const verdict = compareTraces(simulated, recorded);
      this.#changeLive(() => ({ phase: 'done', simulated, verdict }));
    } catch (error) {
      this.#changeLive(() => ({ phase: 'failed', problem: problemOf(error) }));
    }
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof SourceError) return error;
  if (error instanceof PlaygroundError) return { problem: error.message, remedy: error.remedy };
  const problem = error instanceof Error ? error.message : String(error);
  return { problem, remedy: 'Load the page again.' };
}
