import type { PageIndex, PagePool } from '@holdfast/runtime';
import { type Geometry, type GroupShape, groupWidth, partBlocks } from '../layout/geometry.ts';
import { blockBytes } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import { restoreMembers } from '../parity/restore-members.ts';
import type { Member } from '../parity/restore-plan.ts';

/**
 * Where the slots of a group lie in a run of pages: the parts of its data one behind the other, so that they are filled
 * and emptied in one piece, and its parities behind them.
 */
export const groupPages = (geometry: Geometry, shape: GroupShape): number => groupWidth(geometry) * shape.unitBlocks;

export const partPage = (first: PageIndex, shape: GroupShape, part: number): PageIndex =>
  first + part * shape.unitBlocks;

/** The pages of P, and those of Q behind them. */
export const parityPages = (first: PageIndex, geometry: Geometry, shape: GroupShape): PageIndex[] =>
  Array.from({ length: geometry.parity }, (_, parity) => first + (geometry.data + parity) * shape.unitBlocks);

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

/** Where the stored parts of a group and its parities lie, P before Q. */
export interface GroupPlaces {
  readonly parts: readonly PageIndex[];
  readonly parities: readonly PageIndex[];
}

const parityNames: readonly Member[] = ['p', 'q'];

/** Compute the parities of a group from its parts, which are zeros behind their end. */
export function encodeParities(pages: PagePool, kernel: ParityKernel, places: GroupPlaces, unitBlocks: number): void {
  if (places.parities.length === 0) return;
  restoreSlots(pages, kernel, places, parityNames.slice(0, places.parities.length), unitBlocks);
}

/**
 * Make lost members of a group again, in place, from all others: parts by their number, parities as `p` and `q`. Parts
 * that are not stored are zeros and take no part; shorter ones are zeros behind their end.
 *
 * @param lost as many as there are parities, at most
 */
export function restoreSlots(
  pages: PagePool,
  kernel: ParityKernel,
  { parts, parities }: GroupPlaces,
  lost: readonly Member[],
  unitBlocks: number,
): void {
  const [p, q] = parities;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    // The parities of one part are copies of it.
    const copies = new Map<Member, PageIndex | undefined>([
      [0, only],
      ['p', p],
      ['q', q],
    ]);
    const whole = [...copies].find(([member, page]) => page !== undefined && !lost.includes(member))?.[1];
    if (whole === undefined) throw new RangeError('All copies of a part are lost.');
    for (const member of lost) pages.bytes(copies.get(member)!, unitBlocks).set(pages.bytes(whole, unitBlocks));
    return;
  }
  const byteOf = (page: PageIndex | undefined) => (page ?? 0) * blockBytes;
  const positions = { data: parts.map(byteOf), p: byteOf(p), q: byteOf(q) };
  restoreMembers(kernel, positions, lost, unitBlocks * blockBytes);
}

/** The parts of a group that are stored. */
export const storedParts = (geometry: Geometry, shape: GroupShape): number[] =>
  Array.from({ length: geometry.data }, (_, part) => part).filter((part) => partBlocks(shape, part) > 0);
