interface Range {
  readonly first: number;
  readonly last: number;
}

/** Offsets of one partition that have been delivered, as ranges in order that do not touch. */
export type OffsetRanges = readonly Range[];

/** The ranges with `first` to `last` added, and how many of these were there before. */
export function addOffsets(
  ranges: OffsetRanges,
  first: number,
  last: number,
): { readonly ranges: OffsetRanges; readonly repeatedCount: number } {
  let repeatedCount = 0;
  let merged: Range = { first, last };
  const apart: Range[] = [];
  for (const range of ranges) {
    const overlap = Math.min(range.last, last) - Math.max(range.first, first) + 1;
    repeatedCount += Math.max(0, overlap);
    const doesTouch = range.first <= merged.last + 1 && range.last >= merged.first - 1;
    if (doesTouch) {
      merged = {
        first: Math.min(range.first, merged.first),
        last: Math.max(range.last, merged.last),
      };
    } else apart.push(range);
  }
  return { ranges: [...apart, merged].sort((a, b) => a.first - b.first), repeatedCount };
}
