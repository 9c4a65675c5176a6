import { statfs } from 'node:fs/promises';
import { NoSpaceError } from '../errors.ts';
import { spaceReserveBytes } from '../limits.ts';
import { showBytes } from '../terminal/figures.ts';

/** The file systems that keep files in memory, by the magic number `statfs` gives on Linux. */
const memoryFileSystems = new Set([0x01021994, 0x858458f6]);

export interface Space {
  readonly freeBytes: number;
  /** Files there live in memory: nothing on it survives a power cut. */
  readonly inMemory: boolean;
}

export async function spaceAt(directory: string): Promise<Space> {
  const { bavail, bsize, type } = await statfs(directory, { bigint: true });
  return { freeBytes: Number(bavail * bsize), inMemory: memoryFileSystems.has(Number(type)) };
}

/** @throws NoSpaceError unless `neededBytes` and a reserve fit. */
export function requireSpace(directory: string, space: Space, neededBytes: number): void {
  const withReserve = neededBytes + spaceReserveBytes;
  if (withReserve > space.freeBytes) throw new NoSpaceError(directory, withReserve, space.freeBytes, showBytes);
}
