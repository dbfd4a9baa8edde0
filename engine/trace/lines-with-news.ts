import type { RecordingLine } from './recording-types.ts';

/**
 * The lines of a recording that goes on, without what changes nothing: of heartbeats, commits and the
 * like that a member repeats between two lines with news, only the last is kept. So a group that is at
 * rest for hours stays small.
 *
 * Of the trace that they are read as, states, epochs, members, rebalances, owners and committed offsets
 * are those of all lines; `recordsPolled` is missing. When a silent member is out may differ by as much
 * as the reading of recordings allows for clocks that disagree, a second.
 */
export class LinesWithNews {
  readonly #lines: RecordingLine[] = [];
  /** Where in the lines each repetition stands that may still be replaced. */
  readonly #places = new Map<string, number>();
  readonly #known = new Set<string>();

  /** Not quite in order of time, as they were added. */
  get lines(): readonly RecordingLine[] {
    return this.#lines;
  }

  add(line: RecordingLine): void {
    // What was committed stands in the requests too.
    if (line.type === 'records' || line.type === 'committed') return;
    const repetition = repetitionOf(line);
    const place = repetition === null ? undefined : this.#places.get(repetition);
    if (place !== undefined) {
      this.#lines[place] = line;
      return;
    }
    if (repetition === null) this.#places.clear();
    else if (this.#known.has(repetition)) this.#places.set(repetition, this.#lines.length);
    // Nothing was repeated yet: by the first the group may learn where its member is.
    else this.#known.add(repetition);
    this.#lines.push(line);
  }
}

const REPEATED: ReadonlySet<string> = new Set([
  ...['Heartbeat', 'ConsumerGroupHeartbeat', 'OffsetCommit', 'OffsetFetch', 'FindCoordinator'],
]);

/** What differs from commit to commit. */
const COMMITTED: ReadonlySet<string> = new Set([
  ...['committedOffset', 'committedLeaderEpoch', 'committedMetadata', 'commitTimestamp'],
]);

/**
 * The request, when it is one that members repeat and its answer tells them nothing; else null. Bodies
 * are taken as they are: to check them would cost more than the rest of a scrape.
 */
function repetitionOf(line: RecordingLine): string | null {
  if (line.type !== 'request' || line.errors !== undefined || !REPEATED.has(line.api)) return null;
  const { member, api, request, response } = line;
  if (api === 'ConsumerGroupHeartbeat') {
    const asks = [request['topicPartitions'], request['subscribedTopicNames']];
    const isTold = (response['assignment'] ?? null) !== null;
    if (isTold || asks.some((value) => (value ?? null) !== null)) return null;
    // Who joins or leaves says so by its epoch.
    if (Number(request['memberEpoch']) <= 0) return null;
    if (response['memberEpoch'] !== request['memberEpoch']) return null;
  }
  const asked = JSON.stringify(request, (key, value: unknown) =>
    COMMITTED.has(key) ? undefined : value,
  );
  return `${member} ${api} ${asked}`;
}
