import type { PageIndex, PagePool } from '@holdfast/runtime';
import { type Geometry, type GroupShape, partBlocks } from '../layout/geometry.ts';
import { blockBytes } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';

/**
 * Where the slots of a group lie in a run of pages: the parts of its data one behind the other, so that they are filled
 * and emptied in one piece, and its parity behind them.
 */
export const groupPages = (geometry: Geometry, shape: GroupShape): number => (geometry.data + 1) * shape.unitBlocks;

export const partPage = (first: PageIndex, shape: GroupShape, part: number): PageIndex =>
  first + part * shape.unitBlocks;

export const parityPage = (first: PageIndex, geometry: Geometry, shape: GroupShape): PageIndex =>
  first + geometry.data * shape.unitBlocks;

/** Clear what counts as zeros: everything of the data behind its last stored byte. */
export function clearTail(
  pages: PagePool,
  first: PageIndex,
  geometry: Geometry,
  shape: GroupShape,
  bytes: number,
): void {
  const data = pages.bytes(first, geometry.data * shape.unitBlocks);
  data.fill(0, bytes);
}

/**
 * Combine slots into `target`: the parity from all parts, or a part from the other parts and the parity. Parts that are
 * not stored are zeros and take no part; shorter ones are zeros behind their end.
 */
export function combine(
  pages: PagePool,
  kernel: ParityKernel,
  target: PageIndex,
  sources: readonly PageIndex[],
  unitBlocks: number,
): void {
  const bytes = unitBlocks * blockBytes;
  const [only, ...others] = sources;
  if (only === undefined) pages.bytes(target, unitBlocks).fill(0);
  else if (others.length === 0) pages.bytes(target, unitBlocks).set(pages.bytes(only, unitBlocks));
  else
    kernel.xor(
      target * blockBytes,
      sources.map((source) => source * blockBytes),
      bytes,
    );
}

/** The parts of a group that are stored. */
export const storedParts = (geometry: Geometry, shape: GroupShape): number[] =>
  Array.from({ length: geometry.data }, (_, part) => part).filter((part) => partBlocks(shape, part) > 0);
