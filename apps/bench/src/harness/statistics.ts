/** The middle value; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** The smallest value that at least `share` of the values do not exceed (nearest rank). `share` lies in (0, 1]. */
export function percentile(values: readonly number[] | Float64Array, share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`a share lies in (0, 1], not ${share}`);
  const sorted = ascending(values);
  return sorted[Math.ceil(share * sorted.length) - 1] as number;
}

function ascending(values: readonly number[] | Float64Array): Float64Array {
  if (values.length === 0) throw new RangeError('no values');
  return Float64Array.from(values).sort();
}
