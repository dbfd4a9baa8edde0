import { LARGEST_RECORDING_BYTES, type TapMessage } from '../../engine/index.ts';
import type { Recording } from '../run/live-run.ts';
import type { Heard } from './member-names.ts';
import { SeenCluster, TappedGroup, groupOf } from './tapped-group.ts';

/** A broker may have thousands that somebody asks about; those of programs that join are few. */
const MAX_GROUPS = 1_000;

interface Told {
  readonly group: TappedGroup;
  /** The last header that was told, as JSON. */
  header: string | null;
}

/** The groups of all programs that come through a tap, each told apart and recorded. */
export class TappedGroups {
  readonly #only: string | null;
  readonly #startedMs: number;
  readonly #cluster = new SeenCluster();
  readonly #groups = new Map<string, Told>();
  #leftBytes: number;

  /** @param only the group that is asked for; null for all. */
  constructor(only: string | null, startedMs: number, maxBytes = LARGEST_RECORDING_BYTES) {
    this.#only = only;
    this.#startedMs = startedMs;
    this.#leftBytes = maxBytes;
  }

  /** Groups that a member has joined, in the order in which they were first heard of. */
  get names(): readonly string[] {
    return [...this.#groups].filter(([, { header }]) => header !== null).map(([name]) => name);
  }

  get isFull(): boolean {
    return this.#leftBytes <= 0;
  }

  /** @returns what is known now and was not before. */
  hear(heard: Heard): readonly TapMessage[] {
    this.#cluster.see(heard.exchange);
    const name = groupOf(heard.exchange);
    if (name === null || (this.#only !== null && name !== this.#only) || this.isFull) return [];
    const told = this.#find(name);
    if (told === null) return [];
    const lines = told.group.hear(heard);
    const news = lines.map((line): TapMessage => {
      this.#leftBytes -= Buffer.byteLength(JSON.stringify(line)) + 1;
      return { type: 'group', group: name, message: { type: 'line', line } };
    });
    const whole = lines.length === 0 ? null : told.group.header(this.#startedMs);
    if (whole === null) return news;
    // Ids, and the time up to which the recording goes, are told at its end.
    const header = { ...whole, memberIds: {} };
    const text = JSON.stringify(header);
    if (text === told.header) return news;
    told.header = text;
    return [{ type: 'group', group: name, message: { type: 'header', header } }, ...news];
  }

  onClosed(connection: number): void {
    for (const { group } of this.#groups.values()) group.onClosed(connection);
  }

  /** The recording of a group so far; null until a member has joined. */
  recording(name: string, nowMs: number): Recording | null {
    return this.#groups.get(name)?.group.recording(nowMs) ?? null;
  }

  #find(name: string): Told | null {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    if (this.#groups.size >= MAX_GROUPS) return null;
    const told: Told = {
      group: new TappedGroup(name, this.#startedMs, this.#cluster),
      header: null,
    };
    this.#groups.set(name, told);
    return told;
  }
}
