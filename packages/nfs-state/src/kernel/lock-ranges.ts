import {
  type AskedRange,
  type ByteRange,
  endOfFile,
  type LockedRange,
  type LockType,
  type Status,
} from './state-types.ts';

const allOnes = endOfFile - 1n;

/**
 * The bytes a client names by offset and length: a length of all ones reaches to the end of the file (RFC 7530, 16.10.4).
 * `INVAL`: nothing, more than 64 bits, or past the last byte.
 */
export function rangeOf({ offset, length }: AskedRange): ByteRange | Status {
  if (offset < 0n || offset > allOnes || length <= 0n || length > allOnes) return 'INVAL';
  if (length === allOnes) return { start: offset, end: endOfFile };
  const end = offset + length;
  return end > allOnes ? 'INVAL' : { start: offset, end };
}

/** A locked range in the words of the protocol. */
export const askedRange = ({ start, end }: ByteRange): AskedRange => ({
  offset: start,
  length: end === endOfFile ? allOnes : end - start,
});

const overlap = (one: ByteRange, other: ByteRange): boolean => one.start < other.end && other.start < one.end;

/** The first of the ranges of somebody else that keeps `wanted` from being locked. */
export const conflicting = (ranges: readonly LockedRange[], wanted: LockedRange): LockedRange | undefined =>
  ranges.find((each) => overlap(each, wanted) && (each.type === 'write' || wanted.type === 'write'));

/** What is left of `ranges` without the bytes of `hole`. */
export function without(ranges: readonly LockedRange[], hole: ByteRange): LockedRange[] {
  const left: LockedRange[] = [];
  for (const each of ranges) {
    if (!overlap(each, hole)) {
      left.push(each);
      continue;
    }
    if (each.start < hole.start) left.push({ ...each, end: hole.start });
    if (hole.end < each.end) left.push({ ...each, start: hole.end });
  }
  return left;
}

/** `ranges` with `added` in place of whatever was there: POSIX locks replace, split and grow together. */
export function withRange(ranges: readonly LockedRange[], added: ByteRange, type: LockType): LockedRange[] {
  const sorted = [...without(ranges, added), { ...added, type }].sort((one, other) =>
    one.start < other.start ? -1 : 1,
  );
  const merged: LockedRange[] = [];
  for (const each of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && last.end === each.start && last.type === each.type) {
      merged[merged.length - 1] = { ...last, end: each.end };
    } else {
      merged.push(each);
    }
  }
  return merged;
}

/** Whether every byte of `wanted` is in `ranges` with a type that allows as much: writing stands for reading too. */
export const isWithin = (wanted: LockedRange, ranges: readonly LockedRange[]): boolean =>
  ranges
    .filter(({ type }) => type === 'write' || wanted.type === 'read')
    .reduce<ByteRange[]>((left, range) => left.flatMap((each) => without([{ ...each, type: 'read' }], range)), [wanted])
    .length === 0;
