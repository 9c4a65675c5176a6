/** Ranges of bytes within a page, ascending and apart from each other: from, to, from, to, ... */
export type ByteRanges = readonly number[];

export const noBytes: ByteRanges = [];

/** `ranges` with the bytes from `from` to `to`. */
export function withBytes(ranges: ByteRanges, from: number, to: number): ByteRanges {
  if (ranges.length === 0) return [from, to];
  if (ranges.length === 2 && ranges[0]! <= from && to <= ranges[1]!) return ranges;
  const merged: number[] = [];
  let start = from;
  let end = to;
  let placed = false;
  for (let at = 0; at < ranges.length; at += 2) {
    const low = ranges[at]!;
    const high = ranges[at + 1]!;
    if (high < start) {
      merged.push(low, high);
    } else if (low > end) {
      if (!placed) merged.push(start, end);
      placed = true;
      merged.push(low, high);
    } else {
      start = Math.min(start, low);
      end = Math.max(end, high);
    }
  }
  if (!placed) merged.push(start, end);
  return merged;
}

/** Whether all bytes from `from` to `to` are in `ranges`. */
export function covers(ranges: ByteRanges, from: number, to: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (ranges[at]! <= from && to <= ranges[at + 1]!) return true;
  }
  return from >= to;
}

/** The bytes from 0 to `to` that are not in `ranges`. */
export function gaps(ranges: ByteRanges, to: number): ByteRanges {
  const missing: number[] = [];
  let from = 0;
  for (let at = 0; at < ranges.length && from < to; at += 2) {
    if (from < ranges[at]!) missing.push(from, Math.min(ranges[at]!, to));
    from = ranges[at + 1]!;
  }
  if (from < to) missing.push(from, to);
  return missing;
}
