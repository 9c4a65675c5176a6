/** Blocks from `from` to before `to`. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** Ranges that neither touch nor overlap, ascending. */
export type BlockRanges = readonly BlockRange[];

export const coversBlock = (ranges: BlockRanges, lblk: number): boolean =>
  ranges.some(({ from, to }) => lblk >= from && lblk < to);

export function withRange(ranges: BlockRanges, added: BlockRange): BlockRange[] {
  const touching = ranges.filter(({ from, to }) => from <= added.to && to >= added.from);
  const from = Math.min(added.from, ...touching.map((range) => range.from));
  const to = Math.max(added.to, ...touching.map((range) => range.to));
  return [...ranges.filter((range) => !touching.includes(range)), { from, to }].sort((a, b) => a.from - b.from);
}

export const withoutRange = (ranges: BlockRanges, { from, to }: BlockRange): BlockRange[] =>
  ranges.flatMap((range) =>
    [
      { from: range.from, to: Math.min(range.to, from) },
      { from: Math.max(range.from, to), to: range.to },
    ].filter((part) => part.from < part.to),
  );
