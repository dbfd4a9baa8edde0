import { existing } from '../assert.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import type { Trace } from './events.ts';
import { addOffsets, type OffsetRanges } from './offset-ranges.ts';

/** What any member of the group was given of one partition by poll(), and what it did with it. */
export interface PartitionDeliveries extends TopicPartition {
  /** At least once. */
  readonly delivered: OffsetRanges;
  /** More than once. */
  readonly redelivered: OffsetRanges;
  /** Never, though the group reads, or has committed, behind them: nobody in it will get them. */
  readonly skipped: OffsetRanges;
  /** At least once. */
  readonly processed: OffsetRanges;
  /** More than once. */
  readonly reprocessed: OffsetRanges;
  /**
   * Never, though the group has processed, committed or saved what comes behind them: delivered or not,
   * nobody in it will process them.
   */
  readonly unprocessed: OffsetRanges;
}

/**
 * What became of the records of each partition, by topic and number; partitions that nobody has
 * read from or committed are left out.
 */
export function deliveriesOf(trace: Trace): readonly PartitionDeliveries[] {
  const readings = new Map<string, Reading>();
  const of = (partition: TopicPartition): Reading => {
    const name = printPartition(partition);
    const known = readings.get(name) ?? newReading(partition);
    readings.set(name, known);
    return known;
  };
  for (const event of trace.events) {
    switch (event.kind) {
      case 'recordsPolled':
        count(of(event.partition).delivered, event);
        break;
      case 'recordsProcessed':
        count(of(event.partition).processed, event);
        break;
      case 'commitAccepted':
        for (const offset of event.offsets) {
          const { delivered, processed } = of(offset);
          reach(delivered, offset.offset);
          reach(processed, offset.offset);
        }
        break;
      case 'checkpointsSaved':
        for (const offset of event.offsets) reach(of(offset).processed, offset.offset);
        break;
      default:
        break;
    }
  }
  return sortPartitions([...readings.values()].map(({ partition }) => partition)).map(
    (partition) => {
      const { delivered, processed } = existing(
        readings.get(printPartition(partition)),
        'reading of the partition',
      );
      return {
        ...partition,
        delivered: delivered.once,
        redelivered: delivered.again,
        skipped: gapsIn(delivered),
        processed: processed.once,
        reprocessed: processed.again,
        unprocessed: gapsIn(processed),
      };
    },
  );
}

interface Reading {
  readonly partition: TopicPartition;
  readonly delivered: Tally;
  readonly processed: Tally;
}

/** Offsets that were counted, and where the group is by what it has counted or committed. */
interface Tally {
  once: OffsetRanges;
  again: OffsetRanges;
  endOffset: number;
}

const newReading = ({ topic, partition }: TopicPartition): Reading => ({
  partition: { topic, partition },
  delivered: { once: [], again: [], endOffset: 0 },
  processed: { once: [], again: [], endOffset: 0 },
});

function count(
  tally: Tally,
  { firstOffset, lastOffset }: { readonly firstOffset: number; readonly lastOffset: number },
): void {
  for (const range of tally.once) {
    const first = Math.max(range.first, firstOffset);
    const last = Math.min(range.last, lastOffset);
    if (first <= last) tally.again = addOffsets(tally.again, first, last).ranges;
  }
  tally.once = addOffsets(tally.once, firstOffset, lastOffset).ranges;
  reach(tally, lastOffset + 1);
}

function reach(tally: Tally, endOffset: number): void {
  tally.endOffset = Math.max(tally.endOffset, endOffset);
}

/** What was never counted of the offsets before the end. */
function gapsIn({ once, endOffset }: Tally): OffsetRanges {
  const gaps: { readonly first: number; readonly last: number }[] = [];
  let next = 0;
  for (const { first, last } of once) {
    if (first > next) gaps.push({ first: next, last: first - 1 });
    next = last + 1;
  }
  return endOffset > next ? [...gaps, { first: next, last: endOffset - 1 }] : gaps;
}
