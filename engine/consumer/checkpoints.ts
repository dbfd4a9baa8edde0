import type { TopicPartition } from '../protocol/partitions.ts';
import type { MemberTurn } from './member.ts';

/**
 * An application that keeps its positions outside of Kafka saves them when partitions are revoked and
 * from time to time, and seeks to them when it is assigned partitions. A partition that it finds nothing
 * for begins as any other does: where the group has committed, or by auto.offset.reset.
 *
 * Simplification: the store is always there, and whoever writes last has the last word.
 */
export function saveCheckpoints(
  turn: MemberTurn,
  partitions: readonly TopicPartition[] = turn.state.assignment,
): void {
  if (turn.config.checkpointEveryMs === null) return;
  const offsets = turn.processedOffsets(partitions);
  if (offsets.length === 0) return;
  turn.set({ isUnsaved: false });
  turn.want({ type: 'saveCheckpoints', offsets });
  turn.note({ kind: 'checkpointsSaved', offsets });
}

export function startCheckpoints(turn: MemberTurn): void {
  const { checkpointEveryMs } = turn.config;
  if (checkpointEveryMs !== null) turn.startTimer('checkpoint', checkpointEveryMs);
}

/** In poll(): the clock of the checkpoints has run out. */
export function saveIfDue(turn: MemberTurn): void {
  if (!turn.state.isCheckpointDue) return;
  turn.set({ isCheckpointDue: false });
  if (turn.state.isUnsaved) saveCheckpoints(turn);
  startCheckpoints(turn);
}
