import type { OffsetSpan } from '../protocol/facts.ts';
import type { MemberTurn } from './member.ts';

/** The application leaves poll() for a while; its poll clock runs until it is back. */
export function work(
  turn: MemberTurn,
  batch: readonly OffsetSpan[],
  forMs: number,
  rest: readonly OffsetSpan[] = [],
): void {
  const thenDoing = turn.state.application.doing === 'idling' ? 'idling' : 'polling';
  turn.set({ application: { doing: 'working', batch, rest, thenDoing } });
  const { maxPollIntervalMs } = turn.config;
  const isClockRunning = (forMs > 0 || rest.length > 0) && thenDoing === 'polling';
  if (isClockRunning && maxPollIntervalMs !== null) turn.startTimer('poll', maxPollIntervalMs);
  turn.startTimer('work', forMs);
}

/** The application is done with one thing: it goes on with the records that are left, or polls. */
export function workOn(
  turn: MemberTurn,
  rest: readonly OffsetSpan[] = [],
  thenDoing: 'polling' | 'idling' = 'polling',
): void {
  const [first, ...others] = rest;
  if (first !== undefined) {
    const application = { doing: 'working', batch: [first], rest: others, thenDoing } as const;
    turn.set({ application });
    turn.startTimer('work', turn.config.perRecordMs);
    return;
  }
  turn.set({ application: { doing: thenDoing }, isPollOver: false });
  if (turn.config.maxPollIntervalMs !== null) turn.stopTimer('poll');
}

/** Record by record. */
export const eachRecord = (batch: readonly OffsetSpan[]): readonly OffsetSpan[] =>
  batch.flatMap(({ partition, firstOffset, lastOffset }) =>
    Array.from({ length: lastOffset - firstOffset + 1 }, (_, index) => ({
      partition,
      firstOffset: firstOffset + index,
      lastOffset: firstOffset + index,
    })),
  );
