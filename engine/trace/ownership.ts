import { memberOf, type MemberName } from '../protocol/ids.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import type { Trace } from './events.ts';

/** A time during which a partition had the same owners. */
export interface OwnershipSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Nobody: a gap. Several: a zombie still holds what the group has given away. */
  readonly owners: readonly MemberName[];
}

/** Who owned one partition, by the members' own accounts, from the beginning to the end. */
export interface OwnershipLane extends TopicPartition {
  readonly spans: readonly OwnershipSpan[];
  /** Gaps after the first owner; the wait for that one is not a loss. */
  readonly ownerlessMs: number;
}

/** One lane for each partition, by topic and number. A partition added later begins later. */
export function ownershipOf(trace: Trace): readonly OwnershipLane[] {
  const endMs = trace.events.at(-1)?.atMs ?? 0;
  const lanes = new Map<string, { partition: TopicPartition; spans: OwnershipSpan[] }>();
  const begin = (partition: TopicPartition, atMs: number): void => {
    const spans = [{ fromMs: atMs, toMs: endMs, owners: [] }];
    lanes.set(printPartition(partition), { partition, spans });
  };
  for (const { name, partitions } of trace.scenario.topics) {
    for (let number = 0; number < partitions; number += 1)
      begin({ topic: name, partition: number }, 0);
  }
  for (const event of trace.events) {
    if (event.kind === 'topicChanged') {
      for (let number = 0; number < event.partitionCount; number += 1) {
        const partition = { topic: event.topic, partition: number };
        if (!lanes.has(printPartition(partition))) begin(partition, event.atMs);
      }
    }
    const name = memberOf(event.actor);
    if (event.kind !== 'assignmentChanged' || name === null) continue;
    for (const partition of event.gained) {
      change(lanes.get(printPartition(partition))?.spans, event.atMs, (owners) => [
        ...owners,
        name,
      ]);
    }
    for (const partition of event.dropped) {
      change(lanes.get(printPartition(partition))?.spans, event.atMs, (owners) =>
        owners.filter((owner) => owner !== name),
      );
    }
  }
  const all = [...lanes.values()];
  return sortPartitions(all.map(({ partition }) => partition)).map((partition) => {
    const spans = lanes.get(printPartition(partition))?.spans ?? [];
    return { ...partition, spans, ownerlessMs: ownerlessMs(spans) };
  });
}

/** Ends the last span at a time and begins another with other owners. */
function change(
  spans: OwnershipSpan[] | undefined,
  atMs: number,
  next: (owners: readonly MemberName[]) => readonly MemberName[],
): void {
  const last = spans?.at(-1);
  if (spans === undefined || last === undefined) return;
  const opened = { fromMs: atMs, toMs: last.toMs, owners: next(last.owners) };
  // Of what happened at one time only the result lasts.
  if (last.fromMs === atMs) spans[spans.length - 1] = opened;
  else spans.splice(-1, 1, { ...last, toMs: atMs }, opened);
}

function ownerlessMs(spans: readonly OwnershipSpan[]): number {
  const first = spans.findIndex(({ owners }) => owners.length > 0);
  if (first < 0) return 0;
  return spans
    .slice(first)
    .filter(({ owners }) => owners.length === 0)
    .reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
