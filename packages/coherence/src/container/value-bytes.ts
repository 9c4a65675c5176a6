import { sharedBytesMax, slabBytes } from '../limits.ts';

/** A loop beats a view and a call for so few. */
export const loopBytesMax = 96;

let slab = new Uint8Array(slabBytes);
let used = 0;

/**
 * A copy of `bytes[start..end)`. Short ones share a buffer: a buffer of its own costs a value several times what copying
 * does, and the garbage collector looks at each. A value that lives longer than its neighbours keeps their memory with it,
 * at most `slabBytes`; values at rest are packed elsewhere.
 */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > sharedBytesMax) return bytes.slice(start, end);
  if (length > slabBytes - used) {
    slab = new Uint8Array(slabBytes);
    used = 0;
  }
  const copy = slab.subarray(used, used + length);
  used += length;
  if (length <= loopBytesMax) for (let at = 0; at < length; at++) copy[at] = bytes[start + at]!;
  else copy.set(bytes.subarray(start, end));
  return copy;
}
