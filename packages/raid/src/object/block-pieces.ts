import { ObjectRangeError } from '../errors.ts';
import { blockBytes, objectBytesMax } from '../limits.ts';

/** The part of a range that lies in one block. */
export interface BlockPiece {
  readonly lblk: number;
  /** First byte within the block, and how many. */
  readonly start: number;
  readonly bytes: number;
  /** Where it is in the buffer of the caller. */
  readonly at: number;
}

/** @throws ObjectRangeError */
export function checkRange(offset: number, length: number): void {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || offset + length > objectBytesMax) throw new ObjectRangeError(offset, length, objectBytesMax);
}

/** Cut a range at the borders of blocks. */
export function blockPieces(offset: number, length: number): BlockPiece[] {
  checkRange(offset, length);
  const pieces: BlockPiece[] = [];
  for (let at = 0; at < length; ) {
    const lblk = Math.floor((offset + at) / blockBytes);
    const start = (offset + at) % blockBytes;
    const bytes = Math.min(blockBytes - start, length - at);
    pieces.push({ lblk, start, bytes, at });
    at += bytes;
  }
  return pieces;
}
