import { Counter, Gauge, Registry } from 'prom-client';
import { GROUP_STATES, type LiveMessage, type TapMessage } from '../../engine/index.ts';
import type { Heard } from '../run/message-log.ts';
import type { GroupFigures } from './group-figures.ts';
import { HeardGroup } from './heard-group.ts';
import { HeardSource } from './heard-source.ts';

/** One value, with the labels that it has beside `source` and `group`. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What `GET /metrics` tells of each group; README.md of the server has the same table. */
export interface GroupMetric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  /** What it is and how it is known. */
  readonly help: string;
  /** Beside `source` and `group`. */
  readonly labels: readonly string[];
  readonly samples: (figures: GroupFigures) => readonly Sample[];
}

export const GROUP_METRICS: readonly GroupMetric[] = [
  {
    name: 'playground_group_state',
    type: 'gauge',
    help: '1 for the state that the group is in, 0 for the others. Deduced from requests and answers.',
    labels: ['state'],
    samples: ({ group }) => GROUP_STATES.map((state) => [{ state }, state === group.state ? 1 : 0]),
  },
  {
    name: 'playground_group_generation',
    type: 'gauge',
    help: 'Generation of a classic group. Heard in answers to JoinGroup.',
    labels: [],
    samples: ({ group }) => (group.groupProtocol === 'classic' ? [[{}, group.generationId]] : []),
  },
  {
    name: 'playground_group_epoch',
    type: 'gauge',
    help: 'Group epoch of a consumer group. Heard as member epoch in answers to ConsumerGroupHeartbeat; one more is deduced when a member leaves.',
    labels: [],
    samples: ({ group }) => (group.groupProtocol === 'consumer' ? [[{}, group.generationId]] : []),
  },
  {
    name: 'playground_group_members',
    type: 'gauge',
    help: 'Members of the group that were heard. Deduced from who joins, leaves and falls silent.',
    labels: [],
    samples: ({ memberCount }) => [[{}, memberCount]],
  },
  {
    name: 'playground_group_rebalances_total',
    type: 'counter',
    help: 'Rebalances that have ended, by what began them. Deduced from requests and answers.',
    labels: ['cause'],
    samples: ({ rebalanceCounts }) =>
      [...rebalanceCounts].map(([cause, count]): Sample => [{ cause }, count]),
  },
  {
    name: 'playground_group_ownerless_seconds_total',
    type: 'counter',
    help: 'Time that partitions had no owner after their first one, summed over the partitions of a topic. Heard from listener calls in a run; deduced from what members are told to own through a tap.',
    labels: ['topic'],
    samples: ({ ownerlessMs }) =>
      [...ownerlessMs].map(([topic, ms]): Sample => [{ topic }, ms / 1_000]),
  },
  {
    name: 'playground_group_lag_records',
    type: 'gauge',
    help: 'End offset less committed offset, in a run only. Commits are heard, the end is deduced from what the script has produced.',
    labels: ['topic', 'partition'],
    samples: ({ lags }) =>
      lags.map(({ topic, partition, lag }): Sample => [
        { topic, partition: String(partition) },
        lag,
      ]),
  },
];

export const LISTENING = {
  name: 'playground_listening',
  type: 'gauge',
  help: '1 while a run or a tap is recorded; 0 when figures are those of the last one, or of a recording that is full.',
  labels: ['source'],
} as const;

/** The text for Prometheus, of what a run and a tap have heard until now. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #run: HeardSource<LiveMessage>;
  readonly #tap: HeardSource<TapMessage>;

  constructor(
    run: () => Heard<LiveMessage> | null,
    tap: () => Heard<TapMessage> | null,
    nowMs: () => number = Date.now,
  ) {
    // A run has one group, and makes its topics and all their records itself.
    this.#run = new HeardSource(
      run,
      (message) => ['', message],
      () => new HeardGroup(true, nowMs),
    );
    this.#tap = new HeardSource(
      tap,
      (message) => (message.type === 'group' ? [message.group, message.message] : null),
      () => new HeardGroup(false, nowMs),
    );
  }

  /** Without values where there is neither a run nor a tap. */
  text(): Promise<string> {
    const registry = new Registry();
    const registers = [registry];
    const listening = new Gauge({ ...LISTENING, labelNames: [...LISTENING.labels], registers });
    const metrics = GROUP_METRICS.map((metric) => {
      const { name, help, labels } = metric;
      const made = { name, help, labelNames: ['source', 'group', ...labels], registers };
      return { metric, gauge: metric.type === 'gauge' ? new Gauge(made) : new Counter(made) };
    });
    for (const [source, heard] of [
      ['run', this.#run.read()],
      ['tap', this.#tap.read()],
    ] as const) {
      if (heard === null) continue;
      listening.set({ source }, heard.isListening ? 1 : 0);
      for (const [group, figures] of heard.groups) {
        for (const { metric, gauge } of metrics) {
          for (const [labels, value] of metric.samples(figures)) {
            gauge.inc({ source, group, ...labels }, value);
          }
        }
      }
    }
    return registry.metrics();
  }
}
