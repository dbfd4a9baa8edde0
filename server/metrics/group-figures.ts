import {
  REBALANCE_CAUSES,
  existing,
  ownershipOf,
  rebalancesOf,
  view,
  type CoordinatorView,
  type RebalanceCause,
  type TopicPartition,
  type Trace,
} from '../../engine/index.ts';

/** What is counted and measured of one group. */
export interface GroupFigures {
  readonly group: Pick<CoordinatorView, 'state' | 'groupProtocol' | 'generationId'>;
  readonly memberCount: number;
  /** Those that have come to an end; all causes are there. */
  readonly rebalanceCounts: ReadonlyMap<RebalanceCause, number>;
  /** By topic, summed over its partitions; empty where nobody knows which partitions are meant. */
  readonly ownerlessMs: ReadonlyMap<string, number>;
  /** Where the end of a partition is known and something was committed. */
  readonly lags: readonly (TopicPartition & { readonly lag: number })[];
}

/** @param hasEnds whether the trace tells how far each partition goes: only that of a run does. */
export function figuresOf(trace: Trace, hasEnds: boolean): GroupFigures {
  const { coordinator, partitions } = view(trace, trace.events.length - 1);
  const { state, groupProtocol, generationId, members } = coordinator;
  const rebalanceCounts = new Map(REBALANCE_CAUSES.map((cause) => [cause, 0]));
  for (const { generationId: reached, cause } of rebalancesOf(trace)) {
    // What began a rebalance is certain when it has ended.
    if (reached === null || cause === null) continue;
    rebalanceCounts.set(cause, existing(rebalanceCounts.get(cause), 'cause') + 1);
  }
  return {
    group: { state, groupProtocol, generationId },
    memberCount: members.length,
    rebalanceCounts,
    ownerlessMs: ownerlessOf(trace, groupProtocol),
    lags: hasEnds
      ? partitions.flatMap(({ topic, partition, lag }) =>
          lag === null ? [] : [{ topic, partition, lag }],
        )
      : [],
  };
}

function ownerlessOf(
  trace: Trace,
  groupProtocol: CoordinatorView['groupProtocol'],
): ReadonlyMap<string, number> {
  const byTopic = new Map<string, number>();
  // The members of a consumer group are told ids of topics, and a run tells their names at its end.
  if (groupProtocol === 'consumer' && trace.topicIds.size === 0) return byTopic;
  for (const { topic, ownerlessMs } of ownershipOf(trace)) {
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + ownerlessMs);
  }
  return byTopic;
}
