import { parseScenario, type Scenario } from '../../engine/index.ts';

/** A group whose members all start, and are then restarted batch by batch. */
export interface RollingRestart {
  readonly memberCount: number;
  readonly partitionCount: number;
  /** How many members are restarted together. */
  readonly batchSize: number;
  /** Each with a `group.instance.id`, so that a restart costs no rebalance. */
  readonly isStatic?: boolean;
  /** How often all members are restarted; once unless told. */
  readonly laps?: number;
}

/** All members start within this time, less than the default group.initial.rebalance.delay.ms. */
const START_WITHIN_MS = 2_000;
/** When the first batch is closed: the group has been stable for a while. */
const RESTART_AT_MS = 15_000;
/** From the close of a process to the start of the next one, which needs another second to join. */
const DOWN_MS = 1_000;
/** From one batch to the next: the group has settled again. */
const BATCH_GAP_MS = 10_000;

/**
 * What an operator does: every member starts within the initial delay; then a batch of them is
 * closed together and started again, and the next batch follows. Java clients, range, Kafka's
 * default timeouts, no records.
 */
export function rollingRestart(restart: RollingRestart): Scenario {
  const { memberCount, partitionCount, batchSize, isStatic = false, laps = 1 } = restart;
  const names = Array.from({ length: memberCount }, (_, index) => `C${index}`);
  const batchCount = Math.ceil(memberCount / batchSize);
  const starts = names.map((member, index) => ({
    atMs: Math.floor((index * START_WITHIN_MS) / memberCount),
    do: 'start',
    member,
  }));
  const restarts = Array.from({ length: batchCount * laps }, (_, batch) => {
    const first = (batch % batchCount) * batchSize;
    const members = names.slice(first, first + batchSize);
    const closeMs = RESTART_AT_MS + batch * BATCH_GAP_MS;
    return [
      ...members.map((member) => ({ atMs: closeMs, do: 'close', member })),
      ...members.map((member) => ({ atMs: closeMs + DOWN_MS, do: 'start', member })),
    ];
  });
  return parseScenario({
    format: 'rebalance-scenario/1',
    name: 'bench',
    group: 'bench',
    topics: [{ name: 'orders', partitions: partitionCount }],
    members: names.map((name) => ({
      name,
      topics: ['orders'],
      config: isStatic ? { 'group.instance.id': name } : {},
    })),
    script: [...starts, ...restarts.flat()],
    untilMs: RESTART_AT_MS + batchCount * laps * BATCH_GAP_MS,
  });
}
