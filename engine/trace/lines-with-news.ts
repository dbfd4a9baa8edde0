import { PlaygroundError } from '../errors.ts';
import { printPartition } from '../protocol/partitions.ts';
import { hasNews } from './news.ts';
import type { RecordingLine } from './recording-types.ts';
import { readExchange, type Exchange } from './wire-bodies.ts';

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

/** What a line repeats, if that was said before; null where it has news. */
function repetitionOf(line: RecordingLine): string | null {
  if (line.type !== 'request') return null;
  const exchange = readable(() => readExchange(line, new Map(), 'A line'));
  if (exchange === null) return null;
  const { request, response } = exchange;
  if (hasNews(request) || hasNews(response)) return null;
  switch (request.type) {
    case 'HeartbeatRequest':
      return JSON.stringify([line.api, request.memberId, request.generationId]);
    case 'OffsetCommitRequest': {
      const { memberId, generationId, offsets } = request;
      return JSON.stringify([line.api, memberId, generationId, offsets.map(printPartition)]);
    }
    case 'ConsumerGroupHeartbeatRequest': {
      const { memberId, memberEpoch, subscribedTopicNames } = request;
      const isSame =
        response.type === 'ConsumerGroupHeartbeatResponse' && response.memberEpoch === memberEpoch;
      if (!isSame || subscribedTopicNames !== null) return null;
      return JSON.stringify([line.api, memberId, memberEpoch]);
    }
    default:
      return JSON.stringify([line.api, line.member]);
  }
}

/** What cannot be read is kept: whoever reads the recording is told. */
function readable(read: () => Exchange): Exchange | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof PlaygroundError) return null;
    throw error;
  }
}
