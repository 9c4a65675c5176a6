import type { PortNumber } from './types.ts';

/**
 * Inside a record each frame has one word in front, then its bytes, and starts at a multiple of 4: the length in the
 * low 17 bits (0 to 65 536), the port above. Ports start at 1, so that a zero word is the end of the record.
 */
export const frameHeaderBytes = 4;

const lengthBits = 17;
const lengthMask = (1 << lengthBits) - 1;

export function writeFrameHeader(words: Int32Array, start: number, port: number, length: number): void {
  words[(start >> 2) - 1] = (port << lengthBits) | length;
}

export function framePort(header: number): number {
  return header >>> lengthBits;
}

export function frameLength(header: number): number {
  return header & lengthMask;
}

/** Call `each` for every frame of a record, in order. */
export function forEachFrame(
  words: Int32Array,
  start: number,
  end: number,
  each: (port: PortNumber, start: number, end: number) => void,
): void {
  for (let at = start; at + frameHeaderBytes <= end; ) {
    const header = words[at >> 2] as number;
    if (header === 0) return;
    const frameStart = at + frameHeaderBytes;
    const frameEnd = frameStart + frameLength(header);
    each(framePort(header), frameStart, frameEnd);
    at = (frameEnd + 3) & ~3;
  }
}
