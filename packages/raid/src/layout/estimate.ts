import { blockBytes, extentBlocksDefault, groupsPerWindow, logExtentBytes, unitBlocksDefault } from '../limits.ts';
import { type Geometry, groupBlocks, groupCount, groupShape } from './geometry.ts';
import { metadataCopies } from './placement.ts';

/** The shape of an array, as `RaidArray.create` takes it; the same defaults. */
export interface EstimatedArray {
  /** Nodes the array is spread over. */
  readonly members: number;
  /** Data slots of a group. */
  readonly data: number;
  /** Parity slots of a group, and members the array can lose. @default 1 */
  readonly parity?: 1 | 2;
  /** @default 16 */
  readonly unitBlocks?: number;
  /** @default 4096 */
  readonly extentBlocks?: number;
}

/**
 * Bytes all drives of a new array take together once objects of these sizes are stored, each once: data, parity, logs, and
 * what the files grow by. An upper bound that is not far off; `test/layout/estimate.test.ts` holds it against real drives.
 *
 * @param objects bytes of each object
 */
export function estimateDriveBytes(objects: Iterable<number>, array: EstimatedArray): number {
  const { members, extentBlocks = extentBlocksDefault } = array;
  const geometry = geometryOf(array);
  let blocks = 0;
  let logPages = 0;
  for (const bytes of objects) {
    const groups = groupCount(geometry, bytes);
    if (groups > 0) {
      const last = groupShape(geometry, bytes, groups - 1);
      const { parity, unitBlocks } = geometry;
      blocks += (groups - 1) * (groupBlocks(geometry) + parity * unitBlocks) + last.blocks + parity * last.unitBlocks;
    }
    // In the worst case nothing else happens at that moment, and every record has a page of a log for itself.
    logPages += metadataCopies(geometry.parity) + Math.ceil(groups / groupsPerWindow) * members;
  }
  // The slots rotate over the drives, so that each gets about the same; the last extent of a file may be hardly begun, and
  // another may have been needed for a run that did not fit.
  const growthBytes = members * 2 * (extentBlocks * blockBytes + logExtentBytes);
  return (blocks + logPages) * blockBytes + growthBytes;
}

/** Bytes of an object that go to the nodes at a time: a node is asked once for each. */
export function windowBytes(array: EstimatedArray): number {
  return groupsPerWindow * groupBlocks(geometryOf(array)) * blockBytes;
}

function geometryOf({ data, parity = 1, unitBlocks = unitBlocksDefault }: EstimatedArray): Geometry {
  return { data, parity, unitBlocks };
}
