import { existing } from '../assert.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import type { Trace } from './events.ts';
import { addOffsets, type OffsetRanges } from './offset-ranges.ts';

/** Which offsets of one partition poll() has returned to any member of the group. */
export interface PartitionDeliveries extends TopicPartition {
  /** At least once. */
  readonly delivered: OffsetRanges;
  /** More than once. */
  readonly redelivered: OffsetRanges;
  /** Never, though the group reads, or has committed, behind them: nobody in it will get them. */
  readonly skipped: OffsetRanges;
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
    if (event.kind === 'recordsPolled') deliver(of(event.partition), event);
    if (event.kind !== 'commitAccepted') continue;
    for (const offset of event.offsets) {
      const reading = of(offset);
      reading.endOffset = Math.max(reading.endOffset, offset.offset);
    }
  }
  return sortPartitions([...readings.values()].map(({ partition }) => partition)).map(
    (partition) => {
      const { delivered, redelivered, endOffset } = existing(
        readings.get(printPartition(partition)),
        'reading of the partition',
      );
      return { ...partition, delivered, redelivered, skipped: gapsIn(delivered, endOffset) };
    },
  );
}

interface Reading {
  readonly partition: TopicPartition;
  delivered: OffsetRanges;
  redelivered: OffsetRanges;
  /** Behind the last offset that was delivered or committed. */
  endOffset: number;
}

const newReading = ({ topic, partition }: TopicPartition): Reading => ({
  partition: { topic, partition },
  delivered: [],
  redelivered: [],
  endOffset: 0,
});

function deliver(
  reading: Reading,
  { firstOffset, lastOffset }: { readonly firstOffset: number; readonly lastOffset: number },
): void {
  for (const range of reading.delivered) {
    const first = Math.max(range.first, firstOffset);
    const last = Math.min(range.last, lastOffset);
    if (first <= last) reading.redelivered = addOffsets(reading.redelivered, first, last).ranges;
  }
  reading.delivered = addOffsets(reading.delivered, firstOffset, lastOffset).ranges;
  reading.endOffset = Math.max(reading.endOffset, lastOffset + 1);
}

/** What is not in the ranges below an offset. */
function gapsIn(ranges: OffsetRanges, endOffset: number): OffsetRanges {
  const gaps: { readonly first: number; readonly last: number }[] = [];
  let next = 0;
  for (const { first, last } of ranges) {
    if (first > next) gaps.push({ first: next, last: first - 1 });
    next = last + 1;
  }
  return endOffset > next ? [...gaps, { first: next, last: endOffset - 1 }] : gaps;
}
