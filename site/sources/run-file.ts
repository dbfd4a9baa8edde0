import type { Trace } from '../../engine/index.ts';

type MapKeys = 'memberIds' | 'topicIds';
type EntriesOf<Of> = Of extends ReadonlyMap<infer Key, infer Value> ? [Key, Value][] : never;
type PrintedRun = Omit<Trace, MapKeys> & { readonly [Key in MapKeys]: EntriesOf<Trace[Key]> };

/** A run for a file that only this site reads. */
export const printRun = ({ memberIds, topicIds, ...rest }: Trace): string =>
  JSON.stringify({ ...rest, memberIds: [...memberIds], topicIds: [...topicIds] });

/** Reads what `printRun` has printed; it was built with the page, and is not checked again. */
export function readRun(text: string): Trace {
  const { memberIds, topicIds, ...rest } = JSON.parse(text) as PrintedRun;
  return { ...rest, memberIds: new Map(memberIds), topicIds: new Map(topicIds) };
}
