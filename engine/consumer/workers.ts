import type { OffsetSpan } from '../protocol/facts.ts';
import { printPartition, type TopicPartition } from '../protocol/partitions.ts';
import type { MemberTurn, WorkerTask } from './member.ts';

/**
 * Worker threads process what poll() has brought while the application polls on: one partition is one
 * task, and is paused until it is done. What is revoked or lost meanwhile is left as far as it is.
 */
export function handToWorkers(turn: MemberTurn, batch: readonly OffsetSpan[]): void {
  const tasks = batch.map(({ partition, firstOffset, lastOffset }): WorkerTask => {
    return { partition, nextOffset: firstOffset, lastOffset, dueAtMs: null };
  });
  turn.set({ tasks: [...turn.state.tasks, ...tasks] });
  run(turn);
}

/** Whether workers have records of a partition: it is paused then. */
export const isBusy = (turn: MemberTurn, partition: TopicPartition): boolean => {
  const name = printPartition(partition);
  return turn.state.tasks.some((task) => printPartition(task.partition) === name);
};

/** What they have not processed of these partitions is left. */
export function stopWorkers(turn: MemberTurn, partitions: readonly TopicPartition[]): void {
  const names = new Set(partitions.map(printPartition));
  const tasks = turn.state.tasks.filter(({ partition }) => !names.has(printPartition(partition)));
  turn.set({ tasks });
}

/** Records are processed by now. */
export function onWorkersDue(turn: MemberTurn): void {
  const tasks: WorkerTask[] = [];
  for (const task of turn.state.tasks) {
    const isDue = task.dueAtMs !== null && task.dueAtMs <= turn.nowMs;
    const next = isDue ? advance(turn, task) : task;
    if (next !== null) tasks.push(next);
  }
  const isFreed = tasks.length < turn.state.tasks.length;
  const { after } = turn.config.commitPolicy ?? { after: 'poll' };
  turn.set({ tasks });
  if (isFreed || after === 'record') turn.set({ isProcessedNew: true });
  // What was paused is fetched again.
  if (isFreed) turn.set({ isFetching: false });
  run(turn);
}

/** One record is processed, or all of them where that takes no time; null when the task is done. */
function advance(turn: MemberTurn, task: WorkerTask): WorkerTask | null {
  const { partition, nextOffset, lastOffset } = task;
  const { perRecordMs } = turn.config;
  const doneOffset = perRecordMs === 0 ? lastOffset : nextOffset;
  noteProcessed(turn, [{ partition, firstOffset: nextOffset, lastOffset: doneOffset }]);
  return doneOffset === lastOffset
    ? null
    : { ...task, nextOffset: doneOffset + 1, dueAtMs: turn.nowMs + perRecordMs };
}

/** The application is done with these records. */
export function noteProcessed(turn: MemberTurn, spans: readonly OffsetSpan[]): void {
  const processed = new Map(turn.state.processed);
  for (const { partition, firstOffset, lastOffset } of spans) {
    turn.note({ kind: 'recordsProcessed', partition, firstOffset, lastOffset });
    processed.set(printPartition(partition), lastOffset + 1);
  }
  turn.set({ processed, isUnsaved: true });
}

/** Threads that are free take the tasks that wait, in order. */
function run(turn: MemberTurn): void {
  const { workerCount, perRecordMs } = turn.config;
  let freeCount = workerCount - turn.state.tasks.filter(({ dueAtMs }) => dueAtMs !== null).length;
  const tasks = turn.state.tasks.map((task) => {
    if (task.dueAtMs !== null || freeCount <= 0) return task;
    freeCount -= 1;
    return { ...task, dueAtMs: turn.nowMs + perRecordMs };
  });
  turn.set({ tasks });
  const dues = tasks.flatMap(({ dueAtMs }) => dueAtMs ?? []);
  if (dues.length > 0) turn.startTimer('workers', Math.max(0, Math.min(...dues) - turn.nowMs));
}
