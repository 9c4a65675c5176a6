import { join } from 'node:path';

/** The directory below a store's in which each node has its drive. */
export const drivesOf = (storage: string): string => join(storage, 'drives');

/** Data slots of a group on a cluster of `nodes`: three where there are nodes enough, besides those for parity. */
export function dataSlots(nodes: number, parity = 1): number {
  return Math.min(3, nodes - parity);
}
